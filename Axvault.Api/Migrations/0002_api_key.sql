-- API keys. Of a secret only the SHA-256 is stored. Access lists hold names, prefixes ending in *, or *.
create or replace function axvault.is_access_list(entries text[]) returns boolean
  language sql immutable parallel safe
  return array_ndims(entries) is not distinct from nullif(least(cardinality(entries), 1), 0)
    and not exists (
      select from unnest(entries) as entry
      where entry is null or (entry collate "C") !~ '^([*]|[A-Za-z0-9][A-Za-z0-9._-]{0,126}[*]|[A-Za-z0-9][A-Za-z0-9._-]{0,127})$');

create table if not exists axvault.api_key (
  id            text collate "C" not null,
  name          text             not null,
  secret_hash   bytea            not null,
  read_access   text[]           not null,
  write_access  text[]           not null,
  grant_access  text[]           not null,
  created_at    timestamptz      not null,
  updated_at    timestamptz      not null,
  constraint api_key_pkey primary key (id),
  constraint api_key_secret_hash_key unique (secret_hash),
  constraint api_key_id_is_well_formed check (id ~ '^k_[0-9a-f]{12}$'),
  constraint api_key_name_has_a_length check (char_length(name) between 1 and 256),
  constraint api_key_secret_hash_is_sha256 check (octet_length(secret_hash) = 32),
  constraint api_key_read_access_is_well_formed check (axvault.is_access_list(read_access)),
  constraint api_key_write_access_is_well_formed check (axvault.is_access_list(write_access)),
  constraint api_key_grant_access_is_well_formed check (axvault.is_access_list(grant_access)),
  constraint api_key_times_are_in_order check (updated_at >= created_at)
);
