-- The vault itself: how its keys are derived, and which keys it has been opened with.
do $$
begin
  -- A name in any script must fit: in a narrower encoding a put would fail on the first letter that does not.
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'the encoding of the database is %, and must be UTF8', current_setting('server_encoding') using errcode = 'feature_not_supported';
  end if;
end
$$;

create schema if not exists axvault;

-- One row. The salt is not secret; without it no key can be derived, so it is never updated.
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

-- A row for each key that has encrypted: its check value tells at start whether the configured key is that key.
create table if not exists axvault.vault_key (
  key_id       bytea       not null,
  check_value  bytea       not null,
  created_at   timestamptz not null default now(),
  constraint vault_key_pkey primary key (key_id),
  constraint vault_key_id_is_8_bytes check (octet_length(key_id) = 8),
  constraint vault_key_check_value_is_32_bytes check (octet_length(check_value) = 32)
);
