-- Appends entries that were bound to the head as a server knew it. When the head has moved on, nothing is written and the answer is the new head. One
-- statement, one round trip: no server holds the head's lock while it waits for the network, so none that is paused can keep the others out.
--
-- Reads are decided by rows that a server remembers, each with the transaction that wrote it (xmin). Each statement in here sees what was committed before
-- it began: when one of those rows has been changed or removed, nothing is written, and the answer names it. docs/design/reads.md has the reasons.
--
-- The statements in here are planned once for a connection: planning them for the arrays of each call costs more than running them.
create or replace function axvault.audit_append(
  expected_seq bigint, expected_at timestamptz, expected_mac bytea, noted uuid[], remembered_keys text[], key_xmins xid[], remembered_credentials uuid[], credential_xmins xid[],
  seqs bigint[], ats timestamptz[], actions text[], outcomes text[], key_ids text[], key_names text[], targets text[], client_addresses text[],
  user_agents text[], request_ids text[], trace_ids text[], reasons text[], servers text[], chain_keys bytea[], macs bytea[],
  out appended boolean, out head_seq bigint, out head_at timestamptz, out head_mac bytea, out clock timestamptz, out stale_keys text[], out stale_credentials uuid[])
  language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  moved bigint;
begin
  -- Compared, locked and moved in one statement; moved back when nothing is appended after all.
  head_seq := seqs[cardinality(seqs)];
  head_at := ats[cardinality(ats)];
  head_mac := macs[cardinality(macs)];
  update axvault.audit_head h set seq = head_seq, at = head_at, mac = head_mac where h.seq = expected_seq and h.mac = expected_mac;
  appended := found;
  if not appended then
    select h.seq, h.at, h.mac into head_seq, head_at, head_mac from axvault.audit_head h;
  end if;

  -- A look-up by primary key for each: for the few that a group has, starting one statement over all of them costs ten times as much.
  if appended then
    for i in 1 .. cardinality(remembered_keys) loop
      if not exists (select from axvault.api_key k where k.id = remembered_keys[i] and k.xmin = key_xmins[i]) then
        stale_keys := stale_keys || remembered_keys[i];
      end if;
    end loop;
    for i in 1 .. cardinality(remembered_credentials) loop
      if not exists (select from axvault.credential c where c.id = remembered_credentials[i] and c.xmin = credential_xmins[i]) then
        stale_credentials := stale_credentials || remembered_credentials[i];
      end if;
    end loop;
  end if;
  if stale_keys is not null or stale_credentials is not null then
    appended := false;
    head_seq := expected_seq;
    head_at := expected_at;
    head_mac := expected_mac;
    update axvault.audit_head h set seq = head_seq, at = head_at, mac = head_mac;
  end if;

  if appended then
    if cardinality(noted) > 0 then
      delete from axvault.audit_noted n where n.id = any (noted);
      get diagnostics moved = row_count;
      if moved <> cardinality(noted) then
        raise exception 'an entry is in the chain already' using errcode = 'AXV01';
      end if;
    end if;

    insert into axvault.audit_entry
      (seq, at, action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, chain_key, mac)
    select * from unnest(
      seqs, ats, actions, outcomes, key_ids, key_names, targets, client_addresses, user_agents, request_ids, trace_ids, reasons, servers, chain_keys, macs);
  end if;

  clock := clock_timestamp();
end
$$;
