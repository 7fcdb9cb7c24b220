-- Credentials. A name points to its current version. A put inserts a version and moves the pointer, a restore moves it, and a deletion parks it (null).
-- Names are in collation "C": their order is the order of their bytes, in every locale of the database.
create table if not exists axvault.credential (
  name         text collate "C" not null,
  version_id   uuid,
  -- The version before the last move of the pointer. A put reads it to learn what it replaces.
  previous_id  uuid,
  constraint credential_pkey primary key (name),
  constraint credential_name_is_well_formed check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$')
);

-- Every version of every credential (docs/versions.md). The metadata that lists show is in columns. The data is encrypted, in the envelope, which is bound to
-- the id of the version (docs/design/envelope.md). A refresh changes the version in place, and counts its revision up.
create table if not exists axvault.credential_version (
  id             uuid             not null,
  name           text collate "C" not null,
  type           text             not null,
  agent          text,
  provider       text,
  display_name   text,
  notes          text,
  expires_at     timestamptz,
  envelope       bytea            not null,
  kek_id         bytea            not null generated always as (substring(envelope from 2 for 8)) stored,
  revision       bigint           not null default 1,
  created_at     timestamptz      not null,
  updated_at     timestamptz      not null,
  current_since  timestamptz      not null,
  -- Set while another version is current, or none.
  replaced_at    timestamptz,
  deleted_at     timestamptz,
  -- The order in which the versions of a name were replaced. It is assigned while the name is locked.
  position       bigint,
  constraint credential_version_pkey primary key (id),
  constraint credential_version_type_is_known check (type in ('oauth-credentials', 'oauth-token', 'api-key')),
  constraint credential_version_agent_has_a_length check (char_length(agent) between 1 and 128),
  constraint credential_version_provider_has_a_length check (char_length(provider) between 1 and 128),
  constraint credential_version_display_name_has_a_length check (char_length(display_name) between 1 and 256),
  constraint credential_version_notes_have_a_length check (char_length(notes) between 1 and 4096),
  constraint credential_version_of_opencode_names_its_provider check (agent is distinct from 'opencode' or provider is not null),
  constraint credential_version_envelope_is_of_format_2 check (octet_length(envelope) >= 77 and get_byte(envelope, 0) = 2),
  constraint credential_version_revision_counts_up check (revision >= 1),
  constraint credential_version_times_are_in_order check (updated_at >= created_at),
  -- A time that the driver cannot read would spoil every list with its row. It reads infinity.
  constraint credential_version_times_are_readable check (
    (not isfinite(expires_at) or (expires_at >= '0001-01-01 UTC' and expires_at < '10000-01-01 UTC'))
    and (not isfinite(created_at) or (created_at >= '0001-01-01 UTC' and created_at < '10000-01-01 UTC'))
    and (not isfinite(updated_at) or (updated_at >= '0001-01-01 UTC' and updated_at < '10000-01-01 UTC'))),
  constraint credential_version_is_ordered_when_replaced check ((replaced_at is null) = (position is null))
);

create sequence if not exists axvault.credential_version_position;
create index if not exists credential_version_name_idx on axvault.credential_version (name, position);
create index if not exists credential_version_kek_id_idx on axvault.credential_version (kek_id);
create index if not exists credential_version_deleted_at_idx on axvault.credential_version (deleted_at) where deleted_at is not null;

-- The expiry of a version's tokens, and the state of their refresh, shared by the fleet (docs/design/refresh.md). A version without a row was not looked at.
-- revision is the revision of the version that the row describes. After a change of the version by another way, the row is outdated.
create table if not exists axvault.credential_refresh (
  version_id        uuid        not null,
  revision          bigint      not null,
  token_expires_at  timestamptz,
  seq               bigint      not null default 0,
  status            text,
  error             text,
  attempts          integer     not null default 0,
  failed_at         timestamptz,
  next_at           timestamptz,
  unknown_since     timestamptz,
  refreshed_at      timestamptz,
  lifetime          interval,
  claim             uuid,
  claimed_at        timestamptz,
  claimed_until     timestamptz,
  constraint credential_refresh_pkey primary key (version_id),
  constraint credential_refresh_version_id_fkey foreign key (version_id) references axvault.credential_version (id) on delete cascade,
  constraint credential_refresh_status_is_known check (status in ('ok', 'retrying', 'unknown', 'failed')),
  constraint credential_refresh_error_is_a_code check (error ~ '^[a-z0-9_]{1,64}$'),
  constraint credential_refresh_attempts_count_up check (attempts >= 0),
  constraint credential_refresh_lifetime_is_positive check (lifetime > interval '0'),
  constraint credential_refresh_times_are_readable check (
    not isfinite(token_expires_at) or (token_expires_at >= '0001-01-01 UTC' and token_expires_at < '10000-01-01 UTC')),
  constraint credential_refresh_claim_is_whole check ((claim is null) = (claimed_until is null) and (claim is null) = (claimed_at is null))
);

-- failing_since is the time of the first failure since the last success. refused_settings are keyed hashes of the provider's settings that the provider has
-- refused since then: other settings may be tried.
alter table axvault.credential_refresh
  add column if not exists failing_since     timestamptz,
  add column if not exists refused_settings  bytea[];

-- An answer of success to a refresh of a version that could not be read, sealed. It may hold the only copy of a new refresh token.
create table if not exists axvault.unread_answer (
  version_id   uuid             not null,
  revision     bigint           not null,
  name         text collate "C" not null,
  envelope     bytea            not null,
  kek_id       bytea            not null generated always as (substring(envelope from 2 for 8)) stored,
  received_at  timestamptz      not null,
  constraint unread_answer_pkey primary key (version_id),
  constraint unread_answer_version_id_fkey foreign key (version_id) references axvault.credential_version (id) on delete cascade,
  constraint unread_answer_envelope_is_of_format_1 check (octet_length(envelope) >= 77 and get_byte(envelope, 0) = 1)
);
create index if not exists unread_answer_kek_id_idx on axvault.unread_answer (kek_id);

-- The sweep searches this: tokens by their expiry.
create index if not exists credential_refresh_token_expires_at_idx on axvault.credential_refresh (token_expires_at) where token_expires_at is not null;

-- Every refresh token that the vault holds or has sent, as a keyed hash (docs/design/refresh.md). version_id is the only version that may send it. spent_at is
-- set before it is sent, and cleared when the provider certainly did not use it.
create table if not exists axvault.refresh_token (
  hash        bytea            not null,
  version_id  uuid             not null,
  name        text collate "C" not null,
  spent_at    timestamptz,
  seen_at     timestamptz      not null default clock_timestamp(),
  constraint refresh_token_pkey primary key (hash),
  constraint refresh_token_hash_is_32_bytes check (octet_length(hash) = 32)
);

-- The removal of forgotten tokens searches this.
create index if not exists refresh_token_seen_at_idx on axvault.refresh_token (seen_at);

-- Gives a refresh token to a version, unspent. The hashes are those of one token under every key of the vault, the present one first.
create or replace function axvault.refresh_token_hold(holder uuid, holder_name text, hashes bytea[]) returns void
  language plpgsql as $$
begin
  update axvault.refresh_token set version_id = holder, name = holder_name, spent_at = null, seen_at = clock_timestamp() where hash = any (hashes);
  if not found then
    insert into axvault.refresh_token (hash, version_id, name) values (hashes[1], holder, holder_name)
    on conflict (hash) do update set version_id = holder, name = holder_name, spent_at = null, seen_at = clock_timestamp();
  end if;
end
$$;

-- Gives a refresh token to a version that becomes current. A token that another version has spent, or that another credential holds, is not given: the result
-- is false when that is forced, and an error otherwise (AXV03, with the name of the credential that holds it as a hint: the driver does not show a detail).
--
-- Two servers can hash one token with different keys during a key rotation. The lock keeps them apart. It is a part of a hash without a key.
create or replace function axvault.refresh_token_take(taker uuid, taker_name text, token_lock integer, hashes bytea[], is_forced boolean) returns boolean
  language plpgsql as $$
declare
  known   axvault.refresh_token;
  holder  text;
begin
  perform pg_advisory_xact_lock(x'61787274'::integer, token_lock);
  select t.* into known from axvault.refresh_token t where t.hash = any (hashes) order by t.spent_at is null limit 1 for update;
  if known.version_id = taker then
    return true;
  end if;
  if known.spent_at is null then
    select c.name into holder
    from axvault.credential_version v join axvault.credential c on c.name = v.name and c.version_id = v.id
    where v.id = known.version_id and c.name <> taker_name;
  end if;
  if known.spent_at is null and holder is null then
    perform axvault.refresh_token_hold(taker, taker_name, hashes);
    return true;
  end if;
  if not is_forced then
    raise exception 'the refresh token is spent, or held by another credential' using errcode = 'AXV03', hint = coalesce(holder, '');
  end if;
  return false;
end
$$;

-- Claims the refresh of a version, and marks its refresh token as spent. Nothing is claimed when the version or its refresh state has changed. When another
-- version has the token, the refresh fails for good.
create or replace function axvault.refresh_claim(
  claimed_version uuid, claimed_revision bigint, known_seq bigint, claim_id uuid, lease interval, token_lock integer, hashes bytea[],
  out claim_start timestamptz, out is_taken boolean)
  language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  is_taken := false;
  -- A row that describes another revision is replaced: its state says nothing of this one.
  insert into axvault.credential_refresh as r (version_id, revision, seq, claim, claimed_at, claimed_until)
  select v.id, v.revision, 1, claim_id, clock_timestamp(), clock_timestamp() + lease
  from axvault.credential_version v join axvault.credential c on c.name = v.name and c.version_id = v.id
  where v.id = claimed_version and v.revision = claimed_revision
  on conflict (version_id) do update
  set revision         = excluded.revision,
      seq              = r.seq + 1,
      claim            = excluded.claim,
      claimed_at       = excluded.claimed_at,
      claimed_until    = excluded.claimed_until,
      token_expires_at = case when r.revision = excluded.revision then r.token_expires_at end,
      status           = case when r.revision = excluded.revision then r.status end,
      error            = case when r.revision = excluded.revision then r.error end,
      attempts         = case when r.revision = excluded.revision then r.attempts else 0 end,
      failed_at        = case when r.revision = excluded.revision then r.failed_at end,
      next_at          = case when r.revision = excluded.revision then r.next_at end,
      unknown_since    = case when r.revision = excluded.revision then r.unknown_since end,
      refreshed_at     = case when r.revision = excluded.revision then r.refreshed_at end,
      lifetime         = case when r.revision = excluded.revision then r.lifetime end,
      failing_since    = case when r.revision = excluded.revision then r.failing_since end,
      refused_settings = case when r.revision = excluded.revision then r.refused_settings end
  where r.seq = known_seq
  returning r.claimed_at into claim_start;
  if claim_start is null then
    return;
  end if;

  perform pg_advisory_xact_lock(x'61787274'::integer, token_lock);
  update axvault.refresh_token t set spent_at = clock_timestamp(), seen_at = clock_timestamp() where t.hash = any (hashes) and t.version_id = claimed_version;
  if found then
    return;
  end if;

  if exists (select from axvault.refresh_token t where t.hash = any (hashes)) then
    is_taken := true;
    claim_start := null;
    update axvault.credential_refresh
    set status = 'failed', error = 'refresh_token_taken', failed_at = clock_timestamp(), next_at = null, claim = null, claimed_at = null, claimed_until = null
    where version_id = claimed_version;
    return;
  end if;

  -- The token was not recognized when the version was put.
  insert into axvault.refresh_token (hash, version_id, name, spent_at)
  select hashes[1], v.id, v.name, clock_timestamp() from axvault.credential_version v where v.id = claimed_version;
end
$$;

-- Removes all but the newest replaced versions of a name. No lock is waited for: a version that another transaction has locked is removed after a later put.
create or replace function axvault.credential_prune(pruned_name text, keep integer) returns void
  language sql as $$
  delete from axvault.credential_version v
  where v.id in (
    select p.id
    from axvault.credential_version p
    where p.name = pruned_name
      and p.position <= (
        select k.position from axvault.credential_version k
        where k.name = pruned_name and k.position is not null
        order by k.position desc offset keep limit 1)
    for update skip locked)
$$;

-- Puts a version: the pointer of the name moves to it, and locks the name for what follows. The replaced version is kept, and the oldest kept ones are removed.
-- One function, because its statements are planned once for each connection, and cost one round trip.
create or replace function axvault.credential_put(
  put_id uuid, put_name text, put_type text, put_agent text, put_provider text, put_expires_at timestamptz, put_display_name text, put_notes text,
  put_envelope bytea, put_token_expires_at timestamptz, known_keks bytea[], keep integer, token_lock integer, token_hashes bytea[], is_forced boolean,
  out first_put_at timestamptz, out put_at timestamptz)
  language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  moment        timestamptz;
  replaced_id   uuid;
  replaced_kek  bytea;
begin
  insert into axvault.credential as c (name, version_id) values (put_name, put_id)
  on conflict (name) do update set version_id = excluded.version_id, previous_id = c.version_id
  returning previous_id into replaced_id;

  -- A new version begins when the replaced one ends.
  moment := date_trunc('milliseconds', clock_timestamp());
  first_put_at := moment;
  put_at := moment;
  if replaced_id is not null then
    update axvault.credential_version v set replaced_at = moment, position = nextval('axvault.credential_version_position')
    where v.id = replaced_id
    returning v.created_at, greatest(v.updated_at, moment), v.kek_id into first_put_at, put_at, replaced_kek;
    if replaced_kek <> all (known_keks) then
      raise exception 'the credential is under a key that the server lacks' using errcode = 'AXV02', hint = encode(replaced_kek, 'hex');
    end if;
  end if;

  insert into axvault.credential_version
    (id, name, type, agent, provider, expires_at, display_name, notes, envelope, created_at, updated_at, current_since)
  values
    (put_id, put_name, put_type, put_agent, put_provider, put_expires_at, put_display_name, put_notes, put_envelope, first_put_at, put_at, moment);
  if put_type = 'oauth-credentials' then
    insert into axvault.credential_refresh (version_id, revision, token_expires_at) values (put_id, 1, put_token_expires_at);
  end if;
  -- After the version, in the order in which a refresh locks.
  if token_hashes is not null and not axvault.refresh_token_take(put_id, put_name, token_lock, token_hashes, is_forced) then
    update axvault.credential_refresh set status = 'failed', error = 'refresh_token_taken', failed_at = moment where version_id = put_id;
  end if;
  if replaced_id is not null then
    perform axvault.credential_prune(put_name, keep);
  end if;
end
$$;
