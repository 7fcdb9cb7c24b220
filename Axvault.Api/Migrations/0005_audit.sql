-- The audit chain (docs/design/audit.md): what was done and refused, each entry bound to the one before it by a keyed hash that only the servers can make.
-- Times only grow along the chain, so a month is a stretch of it, and can be dropped whole.
create table if not exists axvault.audit_entry (
  seq             bigint      not null,
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
  chain_key       bytea       not null,
  mac             bytea       not null,
  constraint audit_entry_pkey primary key (at, seq),
  constraint audit_entry_seq_counts_up check (seq >= 1),
  constraint audit_entry_outcome_is_known check (outcome in ('success', 'denied', 'failure')),
  constraint audit_entry_chain_key_is_8_bytes check (octet_length(chain_key) = 8),
  constraint audit_entry_mac_is_32_bytes check (octet_length(mac) = 32)
) partition by range (at);

-- One row: the newest entry. Whoever appends locks it, and so decides the order for every server.
create table if not exists axvault.audit_head (
  singleton  boolean     not null default true,
  seq        bigint      not null,
  at         timestamptz not null,
  mac        bytea       not null,
  constraint audit_head_pkey primary key (singleton),
  constraint audit_head_is_single check (singleton)
);

-- Written in the transaction of the change that it tells of, and moved into the chain before the change is answered. What is left here was done by a
-- server that died in between, and is moved by another.
create table if not exists axvault.audit_noted (
  id         uuid        not null,
  noted_at   timestamptz not null default clock_timestamp(),
  entry      text        not null,
  chain_key  bytea       not null,
  seal       bytea       not null,
  constraint audit_noted_pkey primary key (id),
  constraint audit_noted_chain_key_is_8_bytes check (octet_length(chain_key) = 8)
);

-- Where the chain begins after its oldest months were dropped: the last entry that is gone, sealed by the key of the chain.
create table if not exists axvault.audit_cut (
  seq        bigint      not null,
  at         timestamptz not null,
  mac        bytea       not null,
  chain_key  bytea       not null,
  seal       bytea       not null,
  cut_at     timestamptz not null default clock_timestamp(),
  constraint audit_cut_pkey primary key (seq)
);

-- The chain's keys of former encryption keys, wrapped by later ones: history stays verifiable when the key that made it is gone.
create table if not exists axvault.audit_key (
  key_id      bytea       not null,
  wrapped_by  bytea       not null,
  wrapped     bytea       not null,
  created_at  timestamptz not null default clock_timestamp(),
  constraint audit_key_pkey primary key (key_id, wrapped_by),
  constraint audit_key_ids_are_8_bytes check (octet_length(key_id) = 8 and octet_length(wrapped_by) = 8)
);

-- The partition of a month, made when it is missing. It is attached, which does not lock readers and writers out as creating it in place would.
create or replace function axvault.audit_make_month(month date) returns void
  language plpgsql as $$
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

select axvault.audit_make_month((now() at time zone 'UTC')::date), axvault.audit_make_month(((now() at time zone 'UTC') + interval '1 month')::date);
