-- What is known of a credential's tokens, and what the fleet remembers of their refreshes (docs/design/refresh.md). token_of and refresh_of are the
-- version that the columns after them speak of: a put makes a new version, and so makes a server of any age forget what was said of the last one.
do $$
begin
  -- Looked up first: "add column if not exists" locks out every reader, also when there is nothing to add.
  if not exists (
    select from information_schema.columns
    where table_schema = 'axvault' and table_name = 'credential' and column_name = 'refresh_claimed_until')
  then
    alter table axvault.credential
      add column token_of               bigint,
      add column token_expires_at       timestamptz,
      add column refresh_of             bigint,
      add column refresh_seq            bigint   not null default 0,
      add column refresh_status         text,
      add column refresh_error          text,
      add column refresh_attempts       integer  not null default 0,
      add column refresh_failed_at      timestamptz,
      add column refresh_next_at        timestamptz,
      add column refresh_unknown_since  timestamptz,
      add column refreshed_at           timestamptz,
      add column refreshed_lifetime     interval,
      add column refresh_claim          uuid,
      add column refresh_claimed_at     timestamptz,
      add column refresh_claimed_until  timestamptz,
      add constraint credential_refresh_status_is_known check (refresh_status in ('ok', 'retrying', 'unknown', 'failed')),
      add constraint credential_refresh_error_is_a_code check (refresh_error ~ '^[a-z0-9_]{1,64}$'),
      add constraint credential_refresh_attempts_count_up check (refresh_attempts >= 0),
      add constraint credential_refreshed_lifetime_is_positive check (refreshed_lifetime > interval '0'),
      add constraint credential_refresh_claim_is_whole check (
        (refresh_claim is null) = (refresh_claimed_until is null) and (refresh_claim is null) = (refresh_claimed_at is null));
  end if;
end
$$;

-- What the sweeper looks through: tokens by their expiry, and credentials whose expiry nobody has read yet.
create index if not exists credential_token_expires_at_idx on axvault.credential (token_expires_at) where token_expires_at is not null;
create index if not exists credential_unread_idx on axvault.credential (name) where type = 'oauth-credentials' and token_of is distinct from version;
