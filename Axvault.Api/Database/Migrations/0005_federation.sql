-- Workload identity (docs/workload-identity.md): issuers of tokens, their keys, the rules that give API keys to workloads, and the tokens that were used.
create table if not exists axvault.issuer (
  name        text collate "C" not null,
  -- The iss of its tokens.
  identifier  text             not null,
  -- Both null: the keys come from the discovery document.
  jwks_url    text,
  jwks        text,
  algorithms  text[]           not null,
  created_at  timestamptz      not null,
  updated_at  timestamptz      not null,
  -- The seal over the columns above (docs/design/envelope.md).
  mac         bytea            not null,
  kek_id      bytea            not null,
  constraint issuer_pkey primary key (name),
  constraint issuer_identifier_key unique (identifier),
  constraint issuer_has_one_source check (jwks_url is null or jwks is null)
);

-- The keys of an issuer as last fetched, for all servers and for the time in which the issuer does not answer.
create table if not exists axvault.issuer_key_set (
  issuer        text collate "C" not null,
  key_set       text,
  fetched_at    timestamptz,
  -- One server fetches at a time. A fetch is under way when it has not ended since.
  attempted_at  timestamptz      not null,
  ended_at      timestamptz,
  failure       text,
  -- The seal over the issuer, its keys and the time of the fetch.
  mac           bytea            not null,
  kek_id        bytea            not null,
  constraint issuer_key_set_pkey primary key (issuer),
  constraint issuer_key_set_issuer_fkey foreign key (issuer) references axvault.issuer (name) on delete cascade,
  constraint issuer_key_set_is_whole check ((key_set is null) = (fetched_at is null))
);

create table if not exists axvault.rule (
  name           text collate "C" not null,
  issuer         text collate "C" not null,
  audience       text             not null,
  subject        text,
  -- An object: the name of a claim, and an array of its accepted values.
  claims         text             not null,
  events         text[]           not null,
  read_access    text[]           not null,
  write_access   text[]           not null,
  grant_access   text[]           not null,
  -- Texts, because the database writes a network in another form than its author.
  allowed_cidrs  text[]           not null,
  ttl_seconds    integer          not null,
  max_keys       integer          not null,
  created_at     timestamptz      not null,
  updated_at     timestamptz      not null,
  mac            bytea            not null,
  kek_id         bytea            not null,
  constraint rule_pkey primary key (name),
  constraint rule_issuer_fkey foreign key (issuer) references axvault.issuer (name),
  constraint rule_read_access_is_well_formed check (axvault.is_access_list(read_access)),
  constraint rule_write_access_is_well_formed check (axvault.is_access_list(write_access)),
  constraint rule_grant_access_is_well_formed check (axvault.is_access_list(grant_access))
);

alter table axvault.rule
  add column if not exists use_access           text[],
  add column if not exists requests_per_minute  integer,
  add column if not exists tokens_per_day       bigint;

create index if not exists rule_issuer_idx on axvault.rule (issuer);

-- A token is exchanged once. The hash is of issuer and token id, or of all claims.
create table if not exists axvault.used_token (
  hash        bytea       not null,
  expires_at  timestamptz not null,
  constraint used_token_pkey primary key (hash),
  constraint used_token_hash_is_sha256 check (octet_length(hash) = 32)
);

create index if not exists used_token_expires_at_idx on axvault.used_token (expires_at);

create index if not exists api_key_rule_idx on axvault.api_key (rule, expires_at) where rule is not null;
create index if not exists issuer_kek_id_idx on axvault.issuer (kek_id);
create index if not exists issuer_key_set_kek_id_idx on axvault.issuer_key_set (kek_id);
create index if not exists rule_kek_id_idx on axvault.rule (kek_id);
