-- When a key was last used, to the minute: servers keep it in memory and write it now and then.
do $$
begin
  -- Looked up first: "add column if not exists" locks out every reader, also when there is nothing to add.
  if not exists (
    select from information_schema.columns
    where table_schema = 'axvault' and table_name = 'api_key' and column_name = 'last_used_at')
  then
    alter table axvault.api_key add column last_used_at timestamptz;
  end if;
end
$$;
