#!/bin/sh
# Makes the role and the database of Axvault in a new cluster: the image of PostgreSQL runs this once, as its superuser.
# The role is no superuser. It owns its database alone, and cannot read files, run programs, or make roles.
set -eu
password_file=/run/secrets/database-password
[ -e "$password_file" ] || password_file=/run/secrets/axvault-database-password
# The password goes by standard input: a command line can be read by every process of the machine.
{
  printf '\\set password `cat %s`\n' "$password_file"
  cat <<'SQL'
create role axvault login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
create database axvault owner axvault;
revoke connect, temporary on database axvault from public;
SQL
} | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres
