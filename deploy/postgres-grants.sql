-- What DR Bot may do in one PostgreSQL database, and nothing more. It is not a superuser.
--
-- Run once per database as a superuser, on the primary (a standby receives it by replication):
--
--     psql -v ON_ERROR_STOP=1 -d customers -f deploy/postgres-grants.sql
--
-- Before it: CREATE ROLE dr_bot LOGIN PASSWORD '…'. It may be run again at any time.

-- Everybody may connect to a new database. A fence can only take away what was given to somebody by name.
DO $$
BEGIN
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO dr_bot', current_database());
END $$;

-- To look: replication, lag, sessions, settings.
GRANT pg_monitor TO dr_bot;

-- To ask whether the data are sound (postgres.consistency): each query runs as this role, which may only read.
GRANT pg_read_all_data TO dr_bot;

-- To promote this server when it is a standby.
GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO dr_bot;

-- To fence (method revoke_connect): end sessions, and take CONNECT away, the owner's too. PostgreSQL lets only the
-- owner's members do the latter, so this also lets dr_bot read and change what the owner owns. Where another fence
-- is used (ec2_stop, security_group, hook), leave these two out.
GRANT pg_signal_backend TO dr_bot;
DO $$
DECLARE
    owner name;
BEGIN
    SELECT pg_get_userbyid(datdba) INTO owner FROM pg_database WHERE datname = current_database();
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = owner) THEN
        RAISE EXCEPTION 'the database % belongs to the superuser %', current_database(), owner
            USING HINT = 'give it an owner that is not one: ALTER DATABASE … OWNER TO …';
    END IF;
    EXECUTE format('GRANT %I TO dr_bot', owner);
END $$;

-- To check the integrity of indexes and tables.
CREATE SCHEMA IF NOT EXISTS amcheck;
CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA amcheck;
GRANT USAGE ON SCHEMA amcheck TO dr_bot;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA amcheck TO dr_bot;

-- Its own schema: the heartbeat, from which the loss of data is measured, and its probe rows.
CREATE SCHEMA IF NOT EXISTS dr_bot AUTHORIZATION dr_bot;
CREATE TABLE IF NOT EXISTS dr_bot.heartbeat (
    system text PRIMARY KEY,
    at     timestamptz NOT NULL,
    seq    bigint
);
ALTER TABLE dr_bot.heartbeat OWNER TO dr_bot;
