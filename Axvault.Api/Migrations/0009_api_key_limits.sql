-- Until when and from where a key may be used, and the secret that it had before it was rotated. An older server knows none of it: it takes a key that has
-- expired or comes from elsewhere, and does not take a previous secret.
do $$
begin
  -- Looked up first: "add column if not exists" locks out every reader, also when there is nothing to add.
  if not exists (
    select from information_schema.columns
    where table_schema = 'axvault' and table_name = 'api_key' and column_name = 'secret_version')
  then
    alter table axvault.api_key
      add column expires_at timestamptz,
      add column allowed_cidrs cidr[] not null default '{}',
      add column secret_version integer not null default 1,
      add column previous_secret_hash bytea,
      -- Null with a hash: it was stopped when the key was rotated, and is known only to be told of.
      add column previous_secret_expires_at timestamptz,
      add column previous_secret_last_used_at timestamptz,
      add constraint api_key_allowed_cidrs_are_well_formed check (cardinality(allowed_cidrs) <= 64 and array_position(allowed_cidrs, null) is null),
      add constraint api_key_secret_version_counts_up check (secret_version >= 1),
      add constraint api_key_previous_secret_hash_key unique (previous_secret_hash),
      add constraint api_key_previous_secret_hash_is_sha256 check (octet_length(previous_secret_hash) = 32),
      add constraint api_key_previous_secret_is_there check (
        previous_secret_hash is not null or (previous_secret_expires_at is null and previous_secret_last_used_at is null));
  end if;
end
$$;
