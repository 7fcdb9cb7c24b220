-- Appends like audit_append, and puts credentials in the same transaction: one commit for all of a group, and no credential without its entry, or entry
-- without its credential.
--
-- The head is locked first. Nobody waits for a credential while holding it, or one session with an open transaction would stop the fleet: rows that are
-- locked are skipped and told of. All credentials are looked at before anything is written; when one cannot be put as it was sealed, nothing is written, and
-- the states tell which: 'moved', the name's row is another, or none, or under a key that the server does not have (found_ids and found_keys); 'busy', somebody holds it.
create or replace function axvault.audit_append_puts(
  expected_seq bigint, expected_at timestamptz, expected_mac bytea, noted uuid[], remembered_keys text[], key_xmins xid[], remembered_credentials uuid[], credential_xmins xid[],
  seqs bigint[], ats timestamptz[], actions text[], outcomes text[], key_ids text[], key_names text[], targets text[], client_addresses text[],
  user_agents text[], request_ids text[], trace_ids text[], reasons text[], servers text[], chain_keys bytea[], macs bytea[],
  put_ids uuid[], put_new boolean[], put_names text[], put_types text[], put_agents text[], put_providers text[], put_expiries timestamptz[], put_display_names text[], put_notes text[],
  put_envelopes bytea[], put_token_expiries timestamptz[], known_keys bytea[],
  out appended boolean, out head_seq bigint, out head_at timestamptz, out head_mac bytea, out clock timestamptz, out stale_keys text[], out stale_credentials uuid[],
  out states text[], out found_ids uuid[], out found_keys bytea[], out created timestamptz[], out updated timestamptz[])
  language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  found_id       uuid;
  found_key      bytea;
  state          text;
  put_at         timestamptz;
  first_created  timestamptz;
begin
  select h.seq, h.at, h.mac into head_seq, head_at, head_mac from axvault.audit_head h for update;
  appended := head_seq = expected_seq and head_mac = expected_mac;

  if appended then
    -- In milliseconds. A name that somebody is inserting shows only to who waits for it.
    perform set_config('lock_timeout', '50', true);
    for i in 1 .. cardinality(put_ids) loop
      select c.id, c.key_id into found_id, found_key from axvault.credential c where c.name = put_names[i];
      if put_new[i] then
        state := case when found_id is null then 'put' else 'moved' end;
      elsif found_id is distinct from put_ids[i] or found_key <> all (known_keys) then
        state := 'moved';
      else
        perform from axvault.credential c where c.id = found_id and c.key_id = any (known_keys) for no key update skip locked;
        state := case when found then 'put' else 'busy' end;
      end if;
      appended := appended and state = 'put';
      states[i] := state;
      found_ids[i] := found_id;
      found_keys[i] := found_key;
    end loop;
  end if;

  if appended then
    select a.appended, a.head_seq, a.head_at, a.head_mac, a.stale_keys, a.stale_credentials
    into appended, head_seq, head_at, head_mac, stale_keys, stale_credentials
    from axvault.audit_append(
      expected_seq, expected_at, expected_mac, noted, remembered_keys, key_xmins, remembered_credentials, credential_xmins,
      seqs, ats, actions, outcomes, key_ids, key_names, targets, client_addresses, user_agents, request_ids, trace_ids, reasons, servers, chain_keys, macs) a;
  end if;

  if appended then
    for i in 1 .. cardinality(put_ids) loop
      put_at := date_trunc('milliseconds', clock_timestamp());
      if put_new[i] then
        first_created := put_at;
        insert into axvault.credential
          (id, name, type, agent, provider, expires_at, display_name, notes, envelope, token_expires_at, token_of, version, created_at, updated_at)
        values
          (put_ids[i], put_names[i], put_types[i], put_agents[i], put_providers[i], put_expiries[i], put_display_names[i], put_notes[i], put_envelopes[i], put_token_expiries[i], 1, 1, put_at, put_at);
      else
        update axvault.credential c
        set type = put_types[i], agent = put_agents[i], provider = put_providers[i], expires_at = put_expiries[i], display_name = put_display_names[i], notes = put_notes[i],
            envelope = put_envelopes[i], token_expires_at = put_token_expiries[i], token_of = c.version + 1, version = c.version + 1, updated_at = greatest(c.updated_at, put_at)
        where c.id = put_ids[i]
        returning c.created_at, c.updated_at into strict first_created, put_at;
      end if;
      created[i] := first_created;
      updated[i] := put_at;
    end loop;
  else
    -- Nothing was written: nobody waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
  end if;

  clock := clock_timestamp();
end
$$;
