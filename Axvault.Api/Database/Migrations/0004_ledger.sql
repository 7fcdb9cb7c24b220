-- The ledger (docs/design/audit.md). A keyed hash that only the servers can make binds each audit entry to the one before it in its lane.
create sequence if not exists axvault.lane_id;

create table if not exists axvault.lane (
  id         bigint      not null,
  server     uuid        not null,
  opened_at  timestamptz not null default clock_timestamp(),
  sequence   bigint      not null,
  at         timestamptz not null,
  mac        bytea       not null,
  constraint lane_pkey primary key (id),
  constraint lane_mac_is_32_bytes check (octet_length(mac) = 32)
)
-- Each append updates one row. With free room in the page, the new row version stays in it, and no index changes.
with (fillfactor = 10);

-- The chain that joins the lanes. retired has the KEKs whose chain keys do not count after the checkpoint.
create table if not exists axvault.checkpoint (
  number   bigint      not null,
  at       timestamptz not null,
  kek_id   bytea       not null,
  retired  bytea[]     not null,
  mac      bytea       not null,
  constraint checkpoint_pkey primary key (number),
  constraint checkpoint_number_counts_up check (number >= 1),
  constraint checkpoint_kek_id_is_8_bytes check (octet_length(kek_id) = 8),
  constraint checkpoint_mac_is_32_bytes check (octet_length(mac) = 32)
);

-- The events of lanes that a checkpoint records: a lane was opened, has moved, or was closed.
create table if not exists axvault.checkpoint_lane (
  number    bigint not null,
  lane      bigint not null,
  event     text   not null,
  sequence  bigint not null,
  mac       bytea  not null,
  constraint checkpoint_lane_pkey primary key (lane, number, event),
  constraint checkpoint_lane_event_is_known check (event in ('opened', 'moved', 'closed'))
);

create index if not exists checkpoint_lane_number_idx on axvault.checkpoint_lane (number);

create table if not exists axvault.audit_entry (
  lane            bigint      not null,
  sequence        bigint      not null,
  checkpoint      bigint      not null,
  at              timestamptz not null,
  action          text        not null,
  outcome         text        not null,
  key_id          text,
  key_name        text,
  target          text,
  client_address  text,
  user_agent      text,
  request_id      text,
  trace_id        text,
  reason          text,
  server          text        not null,
  kek_id          bytea       not null,
  mac             bytea       not null,
  constraint audit_entry_pkey primary key (at, lane, sequence),
  constraint audit_entry_sequence_counts_up check (sequence >= 1),
  constraint audit_entry_outcome_is_known check (outcome in ('success', 'denied', 'failure')),
  constraint audit_entry_kek_id_is_8_bytes check (octet_length(kek_id) = 8),
  constraint audit_entry_mac_is_32_bytes check (octet_length(mac) = 32)
) partition by range (at);

-- Notes: entries of changes that must be made even while entries cannot be appended. They are appended when the log is writable again.
create table if not exists axvault.audit_note (
  id        uuid        not null,
  noted_at  timestamptz not null default clock_timestamp(),
  entry     text        not null,
  kek_id    bytea       not null,
  seal      bytea       not null,
  constraint audit_note_pkey primary key (id),
  constraint audit_note_kek_id_is_8_bytes check (octet_length(kek_id) = 8)
);

-- One row: where the ledger begins after its oldest months were dropped. It has the last dropped checkpoint, and the last dropped entry of each lane that
-- goes on, sealed with the key of the chain.
create table if not exists axvault.audit_cut (
  singleton  boolean     not null default true,
  number     bigint      not null,
  mac        bytea       not null,
  lanes      bigint[]    not null,
  sequences  bigint[]    not null,
  macs       bytea[]     not null,
  kek_id     bytea       not null,
  seal       bytea       not null,
  cut_at     timestamptz not null default clock_timestamp(),
  constraint audit_cut_pkey primary key (singleton),
  constraint audit_cut_is_single check (singleton)
);

-- The chain keys of retired KEKs, wrapped by later KEKs. The history stays verifiable after a retired KEK is removed. retired_at is the number of the checkpoint
-- after which the key does not count any more, sealed with the chain key of the KEK that wraps.
create table if not exists axvault.chain_key (
  kek_id      bytea       not null,
  wrapped_by  bytea       not null,
  wrapped     bytea       not null,
  retired_at  bigint      not null,
  seal        bytea       not null,
  created_at  timestamptz not null default clock_timestamp(),
  constraint chain_key_pkey primary key (kek_id, wrapped_by),
  constraint chain_key_ids_are_8_bytes check (octet_length(kek_id) = 8 and octet_length(wrapped_by) = 8)
);

-- Makes the partition of a month when it is missing. Attaching a table does not block readers and writers; creating the partition in place would.
-- It runs as the owner of the tables: a role that only serves owns none of them (0005_roles.sql).
create or replace function axvault.audit_make_month(month date) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  start  date := date_trunc('month', month);
  name   text := 'audit_entry_' || to_char(start, 'YYYYMM');
begin
  if to_regclass('axvault.' || name) is null then
    execute format('create table axvault.%I (like axvault.audit_entry including defaults including constraints)', name);
    execute format(
      'alter table axvault.audit_entry attach partition axvault.%I for values from (%L) to (%L)',
      name, start::timestamp at time zone 'UTC', (start + interval '1 month')::timestamp at time zone 'UTC');
  end if;
end
$$;

-- Drops the partition of a month that has ended, also for a role that may not delete entries. Only whole months of the past go this way.
create or replace function axvault.audit_drop_month(partition text) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
    select from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'axvault.audit_entry'::regclass and c.relname = partition and c.relname ~ '^audit_entry_[0-9]{6}$'
      and (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::timestamp at time zone 'UTC' <= now())
  then
    raise exception '% is no month of the audit log that has ended', partition using errcode = 'invalid_parameter_value';
  end if;
  execute format('drop table axvault.%I', partition);
end
$$;

revoke execute on function axvault.audit_make_month(date), axvault.audit_drop_month(text) from public;

select axvault.audit_make_month((now() at time zone 'UTC')::date), axvault.audit_make_month(((now() at time zone 'UTC') + interval '1 month')::date);

-- Appends entries of one time to a lane whose head is the given one. When the lane has another head or is closed, nothing is written (55000).
--
-- Reads are decided by rows in a read cache, each with the transaction that wrote it (xmin). Each statement below sees all that was committed before it began.
-- When such a row was changed or removed, nothing is written, and the row is returned as stale. docs/design/reads.md has the reasons. In the transaction of a
-- change, which commits next, a stale row is an error instead (AXV01).
--
-- The statements are planned once for each connection, and rows are looked up one by one: planning or starting a statement over arrays costs more than a look-up.
create or replace function axvault.audit_append(
  to_lane bigint, head_sequence bigint, head_mac bytea, known_checkpoint bigint, entered_at timestamptz, entered_kek bytea, in_change boolean,
  cached_keys text[], key_xmins xid[], cached_names text[], cached_versions uuid[], pointer_xmins xid[], version_xmins xid[], refresh_xmins xid[],
  actions text[], outcomes text[], key_ids text[], key_names text[], targets text[], client_addresses text[], user_agents text[], request_ids text[],
  trace_ids text[], reasons text[], servers text[], macs bytea[],
  out clock timestamptz, out stale_keys text[], out stale_names text[])
  language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  for i in 1 .. cardinality(cached_keys) loop
    if not exists (select from axvault.api_key k where k.id = cached_keys[i] and k.xmin = key_xmins[i]) then
      stale_keys := stale_keys || cached_keys[i];
    end if;
  end loop;
  for i in 1 .. cardinality(cached_names) loop
    if not exists (
      select from axvault.credential c
      join axvault.credential_version v on v.id = c.version_id
      left join axvault.credential_refresh r on r.version_id = v.id
      where c.name = cached_names[i] and c.version_id = cached_versions[i]
        and c.xmin = pointer_xmins[i] and v.xmin = version_xmins[i] and coalesce(r.xmin, '0'::xid) = refresh_xmins[i])
    then
      stale_names := stale_names || cached_names[i];
    end if;
  end loop;

  if in_change and (stale_keys is not null or stale_names is not null) then
    raise exception 'a cached row has changed' using errcode = 'AXV01';
  end if;

  if stale_keys is null and stale_names is null then
    update axvault.lane l set sequence = head_sequence + cardinality(macs), at = entered_at, mac = macs[cardinality(macs)]
    where l.id = to_lane and l.sequence = head_sequence and l.mac = head_mac;
    if not found then
      raise exception 'lane % has another head, or is closed', to_lane using errcode = 'object_not_in_prerequisite_state';
    end if;
    insert into axvault.audit_entry
      (lane, sequence, checkpoint, at, action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, kek_id, mac)
    select
      to_lane, head_sequence + e.place, known_checkpoint, entered_at, e.action, e.outcome, e.key_id, e.key_name, e.target, e.client_address, e.user_agent,
      e.request_id, e.trace_id, e.reason, e.server, entered_kek, e.mac
    from unnest(
      actions, outcomes, key_ids, key_names, targets, client_addresses, user_agents, request_ids, trace_ids, reasons, servers, macs
    ) with ordinality as e (action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, mac, place);
  end if;

  clock := clock_timestamp();
end
$$;
