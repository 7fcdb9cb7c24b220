-- API keys. A secret is stored only as its SHA-256 hash. An access list holds names, prefixes ending in *, or *.
create or replace function axvault.is_access_list(entries text[]) returns boolean
  language sql immutable parallel safe
  return array_ndims(entries) is not distinct from nullif(least(cardinality(entries), 1), 0)
    and not exists (
      select from unnest(entries) as entry
      where entry is null or (entry collate "C") !~ '^([*]|[A-Za-z0-9][A-Za-z0-9._-]{0,126}[*]|[A-Za-z0-9][A-Za-z0-9._-]{0,127})$');

create table if not exists axvault.api_key (
  id                            text collate "C" not null,
  name                          text             not null,
  secret_hash                   bytea            not null,
  secret_version                integer          not null default 1,
  -- Null with a hash: the rotation ended the previous secret at once. The hash is kept so that a refusal can name its reason.
  previous_secret_expires_at    timestamptz,
  previous_secret_hash          bytea,
  previous_secret_last_used_at  timestamptz,
  read_access                   text[]           not null,
  write_access                  text[]           not null,
  grant_access                  text[]           not null,
  allowed_cidrs                 cidr[]           not null default '{}',
  expires_at                    timestamptz,
  created_at                    timestamptz      not null,
  updated_at                    timestamptz      not null,
  -- To the minute. Servers keep it in memory and write it from time to time.
  last_used_at                  timestamptz,
  constraint api_key_pkey primary key (id),
  constraint api_key_secret_hash_key unique (secret_hash),
  constraint api_key_previous_secret_hash_key unique (previous_secret_hash),
  constraint api_key_id_is_well_formed check (id ~ '^k_[0-9a-f]{12}$'),
  constraint api_key_name_has_a_length check (char_length(name) between 1 and 256),
  constraint api_key_secret_hash_is_sha256 check (octet_length(secret_hash) = 32),
  constraint api_key_secret_version_counts_up check (secret_version >= 1),
  constraint api_key_previous_secret_hash_is_sha256 check (octet_length(previous_secret_hash) = 32),
  constraint api_key_previous_secret_is_there check (
    previous_secret_hash is not null or (previous_secret_expires_at is null and previous_secret_last_used_at is null)),
  constraint api_key_read_access_is_well_formed check (axvault.is_access_list(read_access)),
  constraint api_key_write_access_is_well_formed check (axvault.is_access_list(write_access)),
  constraint api_key_grant_access_is_well_formed check (axvault.is_access_list(grant_access)),
  constraint api_key_allowed_cidrs_are_well_formed check (cardinality(allowed_cidrs) <= 64 and array_position(allowed_cidrs, null) is null),
  constraint api_key_times_are_in_order check (updated_at >= created_at),
  -- A time that the driver cannot read would spoil every list with its row. It reads infinity.
  constraint api_key_times_are_readable check (
    (not isfinite(expires_at) or (expires_at >= '0001-01-01 UTC' and expires_at < '10000-01-01 UTC'))
    and (not isfinite(created_at) or (created_at >= '0001-01-01 UTC' and created_at < '10000-01-01 UTC'))
    and (not isfinite(updated_at) or (updated_at >= '0001-01-01 UTC' and updated_at < '10000-01-01 UTC')))
);

-- The MAC of every column but the times of use, and the KEK that its key is derived from (docs/design/envelope.md). A row without them is refused.
alter table axvault.api_key
  add column if not exists mac     bytea,
  add column if not exists kek_id  bytea;

create index if not exists api_key_kek_id_idx on axvault.api_key (kek_id);

-- Keys that rules have issued to workloads (0005_federation.sql): the rule, and the subject of the token.
alter table axvault.api_key
  add column if not exists rule     text collate "C",
  add column if not exists subject  text;

-- The use of the broker: the names that may be used, and the limits. Null is none. These columns stand at the end of the sealed ones.
alter table axvault.api_key
  add column if not exists use_access           text[],
  add column if not exists requests_per_minute  integer,
  add column if not exists tokens_per_day       bigint;
