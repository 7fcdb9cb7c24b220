-- Which servers there are, and which encryption keys each has: none encrypts with a key that another one lacks (docs/operations/key-rotation.md).
create table if not exists axvault.server (
  id             uuid        not null,
  name           text        not null,
  key_ids        bytea[]     not null,
  encrypts_with  bytea       not null,
  present_since  timestamptz not null default clock_timestamp(),
  seen_at        timestamptz not null default clock_timestamp(),
  constraint server_pkey primary key (id),
  constraint server_encrypts_with_is_8_bytes check (octet_length(encrypts_with) = 8)
);

-- One row: the key that everything is being, or was last, encrypted with anew, and the claim of the server that does it.
create table if not exists axvault.key_rotation (
  singleton      boolean     not null default true,
  key_id         bytea,
  started_at     timestamptz,
  finished_at    timestamptz,
  reencrypted    bigint      not null default 0,
  unreadable     bigint      not null default 0,
  claimed_by     uuid,
  claimed_until  timestamptz,
  constraint key_rotation_pkey primary key (singleton),
  constraint key_rotation_is_single check (singleton),
  constraint key_rotation_key_id_is_8_bytes check (octet_length(key_id) = 8),
  constraint key_rotation_began check ((key_id is null) = (started_at is null) and (finished_at is null or key_id is not null)),
  constraint key_rotation_claim_is_whole check ((claimed_by is null) = (claimed_until is null))
);

insert into axvault.key_rotation default values on conflict (singleton) do nothing;
