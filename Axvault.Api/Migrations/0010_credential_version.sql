-- States of credentials that a put, a restore or a deletion replaced (docs/versions.md). Each state that was put has a row id of its own, which its envelope is
-- bound to: it is moved from one table to the other as it is, with its tokens, and what is remembered of their refreshes. A refresh that is under way finds it
-- by id and version in either of them.
do $$
begin
  -- Looked up first: "add column if not exists" locks out every reader, also when there is nothing to add.
  if not exists (
    select from information_schema.columns
    where table_schema = 'axvault' and table_name = 'credential' and column_name = 'current_since')
  then
    alter table axvault.credential add column current_since timestamptz;
  end if;
end
$$;

create table if not exists axvault.credential_version (
  row_id                 uuid             not null,
  name                   text collate "C" not null,
  position               bigint           not null generated always as identity,
  type                   text             not null,
  agent                  text,
  provider               text,
  display_name           text,
  notes                  text,
  expires_at             timestamptz,
  envelope               bytea            not null,
  key_id                 bytea            not null generated always as (substring(envelope from 2 for 8)) stored,
  version                bigint           not null,
  created_at             timestamptz      not null,
  updated_at             timestamptz      not null,
  current_since          timestamptz      not null,
  replaced_at            timestamptz      not null,
  deleted_at             timestamptz,
  token_of               bigint,
  token_expires_at       timestamptz,
  refresh_of             bigint,
  refresh_seq            bigint           not null,
  refresh_status         text,
  refresh_error          text,
  refresh_attempts       integer          not null,
  refresh_failed_at      timestamptz,
  refresh_next_at        timestamptz,
  refresh_unknown_since  timestamptz,
  refreshed_at           timestamptz,
  refreshed_lifetime     interval,
  refresh_claim          uuid,
  refresh_claimed_at     timestamptz,
  refresh_claimed_until  timestamptz,
  constraint credential_version_pkey primary key (row_id),
  constraint credential_version_envelope_is_of_format_1 check (octet_length(envelope) >= 77 and get_byte(envelope, 0) = 1)
);

-- The newest of a name has the highest position: it is taken while the name's credential is locked.
create index if not exists credential_version_name_idx on axvault.credential_version (name, position);
create index if not exists credential_version_key_id_idx on axvault.credential_version (key_id);
create index if not exists credential_version_deleted_at_idx on axvault.credential_version (deleted_at) where deleted_at is not null;

-- Keeps the state that is in the row kept_id, which the caller has locked and is about to replace or remove.
create or replace function axvault.credential_keep(kept_id uuid) returns void
  language sql as $$
  insert into axvault.credential_version (
    row_id, name, type, agent, provider, display_name, notes, expires_at, envelope, version, created_at, updated_at, current_since, replaced_at,
    token_of, token_expires_at, refresh_of, refresh_seq, refresh_status, refresh_error, refresh_attempts, refresh_failed_at, refresh_next_at, refresh_unknown_since,
    refreshed_at, refreshed_lifetime, refresh_claim, refresh_claimed_at, refresh_claimed_until)
  select
    c.id, c.name, c.type, c.agent, c.provider, c.display_name, c.notes, c.expires_at, c.envelope, c.version, c.created_at, c.updated_at, coalesce(c.current_since, c.updated_at),
    date_trunc('milliseconds', clock_timestamp()),
    c.token_of, c.token_expires_at, c.refresh_of, c.refresh_seq, c.refresh_status, c.refresh_error, c.refresh_attempts, c.refresh_failed_at, c.refresh_next_at, c.refresh_unknown_since,
    c.refreshed_at, c.refreshed_lifetime, c.refresh_claim, c.refresh_claimed_at, c.refresh_claimed_until
  from axvault.credential c
  where c.id = kept_id
$$;

-- Forgets all but the newest states of a name. One that somebody is changing is left to the next time: nobody is waited for.
create or replace function axvault.credential_prune(pruned_name text, keep integer) returns void
  language sql as $$
  delete from axvault.credential_version v
  where v.row_id in (
    select p.row_id
    from axvault.credential_version p
    where p.name = pruned_name
      and p.position <= (select k.position from axvault.credential_version k where k.name = pruned_name order by k.position desc offset keep limit 1)
    for update skip locked)
$$;

-- Makes the kept state restored_id the current one, in the place of the one in the row current_id, which is kept before; in a new place when that is null.
-- Both are locked by the caller. False: the name has been put meanwhile.
create or replace function axvault.credential_restore(restored_id uuid, current_id uuid) returns boolean
  language plpgsql as $$
declare
  restored axvault.credential_version;
  moment   timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  delete from axvault.credential_version v where v.row_id = restored_id returning v.* into strict restored;
  if current_id is null then
    insert into axvault.credential (id, name, type, envelope, version, created_at, updated_at)
    values (restored_id, restored.name, restored.type, restored.envelope, restored.version, restored.created_at, restored.updated_at)
    on conflict (name) do nothing;
    if not found then
      return false;
    end if;
  end if;
  update axvault.credential c
  set id = restored_id, type = restored.type, agent = restored.agent, provider = restored.provider, display_name = restored.display_name, notes = restored.notes,
      expires_at = restored.expires_at, envelope = restored.envelope, version = restored.version,
      updated_at = greatest(c.updated_at, restored.updated_at, moment), current_since = moment,
      token_of = restored.token_of, token_expires_at = restored.token_expires_at, refresh_of = restored.refresh_of, refresh_seq = restored.refresh_seq,
      refresh_status = restored.refresh_status, refresh_error = restored.refresh_error, refresh_attempts = restored.refresh_attempts,
      refresh_failed_at = restored.refresh_failed_at, refresh_next_at = restored.refresh_next_at, refresh_unknown_since = restored.refresh_unknown_since,
      refreshed_at = restored.refreshed_at, refreshed_lifetime = restored.refreshed_lifetime,
      refresh_claim = restored.refresh_claim, refresh_claimed_at = restored.refresh_claimed_at, refresh_claimed_until = restored.refresh_claimed_until
  where c.id = coalesce(current_id, restored_id);
  return true;
end
$$;

-- Appends like audit_append, and puts credentials in the same transaction: one commit for all of a group, and no credential without its entry, or entry
-- without its credential. Each put gives the name's row an id of its own, and keeps the state that it replaces. put_replaced is the row that the name
-- belongs to, null for none; put_versions and put_updates are the state that it must be in, null for any.
--
-- The head is locked first. Nobody waits for a credential while holding it, or one session with an open transaction would stop the fleet: rows that are
-- locked are skipped and told of, and the states that are kept are forgotten at another put. All credentials are looked at before anything is written; when
-- one cannot be put as it was sealed, nothing is written, and the states tell which: 'moved', the name's row is another, or none, or under a key that the
-- server does not have (found_ids and found_keys); 'busy', somebody holds it.
create or replace function axvault.audit_append_states(
  expected_seq bigint, expected_at timestamptz, expected_mac bytea, noted uuid[], remembered_keys text[], key_xmins xid[], remembered_credentials uuid[], credential_xmins xid[],
  seqs bigint[], ats timestamptz[], actions text[], outcomes text[], key_ids text[], key_names text[], targets text[], client_addresses text[],
  user_agents text[], request_ids text[], trace_ids text[], reasons text[], servers text[], chain_keys bytea[], macs bytea[],
  put_ids uuid[], put_replaced uuid[], put_versions bigint[], put_updates timestamptz[], put_names text[], put_types text[], put_agents text[], put_providers text[],
  put_expiries timestamptz[], put_display_names text[], put_notes text[], put_envelopes bytea[], put_token_expiries timestamptz[], known_keys bytea[], keep integer,
  out appended boolean, out head_seq bigint, out head_at timestamptz, out head_mac bytea, out clock timestamptz, out stale_keys text[], out stale_credentials uuid[],
  out states text[], out found_ids uuid[], out found_keys bytea[], out created timestamptz[], out updated timestamptz[], out versions bigint[])
  language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  found_id       uuid;
  found_key      bytea;
  found_version  bigint;
  found_update   timestamptz;
  state          text;
  put_at         timestamptz;
  first_created  timestamptz;
  put_version    bigint;
begin
  select h.seq, h.at, h.mac into head_seq, head_at, head_mac from axvault.audit_head h for update;
  appended := head_seq = expected_seq and head_mac = expected_mac;

  if appended then
    -- In milliseconds. A name that somebody is inserting shows only to who waits for it.
    perform set_config('lock_timeout', '50', true);
    for i in 1 .. cardinality(put_ids) loop
      select c.id, c.key_id into found_id, found_key from axvault.credential c where c.name = put_names[i];
      if found_id is distinct from put_replaced[i] or found_key <> all (known_keys) then
        state := 'moved';
      elsif found_id is null then
        state := 'put';
      else
        select c.version, c.updated_at into found_version, found_update from axvault.credential c where c.id = found_id and c.key_id = any (known_keys) for update skip locked;
        state := case
          when not found then 'busy'
          when found_version <> put_versions[i] or found_update <> put_updates[i] then 'moved'
          else 'put'
        end;
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
    -- All new ones by one statement: starting it, the table's constraints included, costs more than the row does.
    put_at := date_trunc('milliseconds', clock_timestamp());
    created := array_fill(put_at, array[cardinality(put_ids)]);
    updated := created;
    versions := array_fill(1::bigint, array[cardinality(put_ids)]);
    insert into axvault.credential
      (id, name, type, agent, provider, expires_at, display_name, notes, envelope, token_expires_at, token_of, version, created_at, updated_at, current_since)
    select p.id, p.name, p.type, p.agent, p.provider, p.expires_at, p.display_name, p.notes, p.envelope, p.token_expires_at, 1, 1, put_at, put_at, put_at
    from unnest(
      put_ids, put_replaced, put_names, put_types, put_agents, put_providers, put_expiries, put_display_names, put_notes, put_envelopes, put_token_expiries
    ) as p (id, replaced, name, type, agent, provider, expires_at, display_name, notes, envelope, token_expires_at)
    where p.replaced is null;

    for i in 1 .. cardinality(put_ids) loop
      if put_replaced[i] is not null then
        -- By its name: one that was put before in this group has given the row another id.
        if keep > 0 then
          perform axvault.credential_keep((select c.id from axvault.credential c where c.name = put_names[i]));
        end if;
        -- It begins when the one before has ended.
        put_at := date_trunc('milliseconds', clock_timestamp());
        update axvault.credential c
        set id = put_ids[i], type = put_types[i], agent = put_agents[i], provider = put_providers[i], expires_at = put_expiries[i], display_name = put_display_names[i], notes = put_notes[i],
            envelope = put_envelopes[i], token_expires_at = put_token_expiries[i], token_of = c.version + 1, version = c.version + 1, updated_at = greatest(c.updated_at, put_at),
            current_since = put_at, refresh_claim = null, refresh_claimed_at = null, refresh_claimed_until = null
        where c.name = put_names[i]
        returning c.created_at, c.updated_at, c.version into strict first_created, put_at, put_version;
        perform axvault.credential_prune(put_names[i], keep);
        created[i] := first_created;
        updated[i] := put_at;
        versions[i] := put_version;
      end if;
    end loop;
  else
    -- Nothing was written: nobody waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
  end if;

  clock := clock_timestamp();
end
$$;
