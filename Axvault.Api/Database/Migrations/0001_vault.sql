-- The vault: the derivation of its keys, the key encryption keys (KEKs) that it was opened with, and the servers that have them.
do $$
begin
  -- Display names and notes can be in any script. In a narrower encoding, a put would fail on the first letter outside of it.
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'the encoding of the database is %, and must be UTF8', current_setting('server_encoding') using errcode = 'feature_not_supported';
  end if;
  -- Looked up first: "if not exists" needs the right to create schemas, also when the schema is there.
  if to_regnamespace('axvault') is null then
    create schema axvault;
  end if;
  if to_regclass('axvault.audit_head') is not null then
    raise exception 'the schema axvault was made by a version before 0.3, which cannot be upgraded: read all credentials there, and put them into a new database'
      using errcode = 'feature_not_supported';
  end if;
end
$$;

-- One row. The salt is not secret. It is never updated, because without it no key can be derived.
create table if not exists axvault.vault (
  singleton   boolean     not null default true,
  kdf         text        not null,
  iterations  integer     not null,
  salt        bytea       not null,
  created_at  timestamptz not null default now(),
  constraint vault_pkey primary key (singleton),
  constraint vault_is_single check (singleton),
  constraint vault_kdf_is_known check (kdf = 'pbkdf2-hmac-sha256'),
  constraint vault_iterations_are_slow check (iterations >= 100000),
  constraint vault_salt_is_long check (octet_length(salt) >= 16)
);

-- A row for each KEK that has encrypted. A start compares the check value with that of the configured key.
create table if not exists axvault.kek (
  kek_id       bytea       not null,
  check_value  bytea       not null,
  created_at   timestamptz not null default now(),
  constraint kek_pkey primary key (kek_id),
  constraint kek_id_is_8_bytes check (octet_length(kek_id) = 8),
  constraint kek_check_value_is_32_bytes check (octet_length(check_value) = 32)
);

-- The running servers, and the KEKs that each has. No server encrypts with a KEK that another server lacks (docs/operations/key-rotation.md).
create table if not exists axvault.server (
  id             uuid        not null,
  name           text        not null,
  kek_ids        bytea[]     not null,
  encrypts_with  bytea       not null,
  present_since  timestamptz not null default clock_timestamp(),
  seen_at        timestamptz not null default clock_timestamp(),
  constraint server_pkey primary key (id),
  constraint server_encrypts_with_is_8_bytes check (octet_length(encrypts_with) = 8)
);

-- The version of the server, for people. Servers of older versions write none.
alter table axvault.server add column if not exists version text;

-- One row: the KEK of the present or last rotation, its progress, and the claim of the server that runs it.
create table if not exists axvault.rotation (
  singleton      boolean     not null default true,
  kek_id         bytea,
  started_at     timestamptz,
  finished_at    timestamptz,
  reencrypted    bigint      not null default 0,
  unreadable     bigint      not null default 0,
  claimed_by     uuid,
  claimed_until  timestamptz,
  constraint rotation_pkey primary key (singleton),
  constraint rotation_is_single check (singleton),
  constraint rotation_kek_id_is_8_bytes check (octet_length(kek_id) = 8),
  constraint rotation_began check ((kek_id is null) = (started_at is null) and (finished_at is null or kek_id is not null)),
  constraint rotation_claim_is_whole check ((claimed_by is null) = (claimed_until is null))
);

insert into axvault.rotation default values on conflict (singleton) do nothing;
