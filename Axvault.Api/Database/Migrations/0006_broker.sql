-- The broker (docs/broker.md): the use of tokens by day (UTC), and the calls of the present minute of accounts with a limit.
create table if not exists axvault.broker_usage (
  day                 date             not null,
  key_id              text collate "C" not null,
  key_name            text             not null,
  rule                text collate "C",
  credential          text collate "C" not null,
  upstream            text collate "C" not null,
  -- Empty when the answers did not tell it.
  model               text collate "C" not null,
  calls               bigint           not null,
  input_tokens        bigint           not null,
  output_tokens       bigint           not null,
  cache_read_tokens   bigint           not null,
  cache_write_tokens  bigint           not null,
  constraint broker_usage_pkey primary key (day, key_id, credential, upstream, model)
);

create index if not exists broker_usage_rule_idx on axvault.broker_usage (day, rule) where rule is not null;

create table if not exists axvault.broker_minute (
  account  text collate "C" not null,
  minute   timestamptz      not null,
  calls    integer          not null,
  constraint broker_minute_pkey primary key (account)
);

-- The last batch of use that each server has added. A batch whose answer was lost is sent again, and must not count twice.
create table if not exists axvault.broker_batch (
  server    uuid        not null,
  number    bigint      not null,
  added_at  timestamptz not null,
  constraint broker_batch_pkey primary key (server)
);
