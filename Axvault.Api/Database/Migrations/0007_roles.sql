-- Roles that only serve (docs/security.md). Such a role owns nothing: it may append to the audit log, and neither change nor remove an entry.
create table if not exists axvault.serving_role (
  name  text not null,
  constraint serving_role_pkey primary key (name)
);

-- Gives a role what a server needs, and nothing more. The owner of the tables calls it once; each migration repeats it for what is new.
create or replace function axvault.serve_as(role_name text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  name  text;
begin
  insert into axvault.serving_role (name) values (role_name) on conflict do nothing;
  execute format('grant usage on schema axvault to %I', role_name);
  execute format('grant usage on all sequences in schema axvault to %I', role_name);
  execute format('grant execute on all functions in schema axvault to %I', role_name);
  execute format('revoke execute on function axvault.serve_as(text) from %I', role_name);
  for name in select c.relname from pg_class c where c.relnamespace = 'axvault'::regnamespace and c.relkind in ('r', 'p') loop
    execute format('revoke all on axvault.%I from %I', name, role_name);
    -- A partition is reached through its parent alone. The salt is written once.
    if name in ('audit_entry', 'vault') then
      execute format('grant select, insert on axvault.%I to %I', name, role_name);
    elsif name <> 'serving_role' and name !~ '^audit_entry_[0-9]{6}$' then
      execute format('grant select, insert, update, delete on axvault.%I to %I', name, role_name);
    end if;
  end loop;
end
$$;

revoke execute on function axvault.serve_as(text) from public;

-- A role that was removed is skipped: its grants went with it.
select axvault.serve_as(s.name) from axvault.serving_role s where to_regrole(quote_ident(s.name)) is not null;
