-- Credentials. What lists show is in columns; the credential's data is in the envelope, encrypted (docs/design/envelope.md).
-- Names are in collation "C": their order is the order of their bytes, whatever the database's locale is.
create table if not exists axvault.credential (
  id            uuid             not null,
  name          text collate "C" not null,
  type          text             not null,
  agent         text,
  provider      text,
  display_name  text,
  notes         text,
  expires_at    timestamptz,
  envelope      bytea            not null,
  key_id        bytea            not null generated always as (substring(envelope from 2 for 8)) stored,
  version       bigint           not null,
  created_at    timestamptz      not null,
  updated_at    timestamptz      not null,
  constraint credential_pkey primary key (id),
  constraint credential_name_key unique (name),
  constraint credential_name_is_well_formed check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  constraint credential_type_is_known check (type in ('oauth-credentials', 'oauth-token', 'api-key')),
  constraint credential_agent_has_a_length check (char_length(agent) between 1 and 128),
  constraint credential_provider_has_a_length check (char_length(provider) between 1 and 128),
  constraint credential_display_name_has_a_length check (char_length(display_name) between 1 and 256),
  constraint credential_notes_have_a_length check (char_length(notes) between 1 and 4096),
  constraint credential_of_opencode_names_its_provider check (agent is distinct from 'opencode' or provider is not null),
  constraint credential_envelope_is_of_format_1 check (octet_length(envelope) >= 77 and get_byte(envelope, 0) = 1),
  constraint credential_version_counts_up check (version >= 1),
  constraint credential_times_are_in_order check (updated_at >= created_at)
);

create index if not exists credential_key_id_idx on axvault.credential (key_id);
