using Npgsql;
using static Axvault.Tests.Database.ParsedUrl;

namespace Axvault.Tests.Database;

/// <summary>The parameters of a database URL, which have the names and values of libpq.</summary>
public sealed class DatabaseUrlParameterTests
{
    [Theory]
    [InlineData("disable", SslMode.Disable)]
    [InlineData("allow", SslMode.Allow)]
    [InlineData("prefer", SslMode.Prefer)]
    [InlineData("require", SslMode.Require)]
    [InlineData("verify-ca", SslMode.VerifyCA)]
    [InlineData("verify-full", SslMode.VerifyFull)]
    public void Each_sslmode_of_libpq_sets_the_same_mode_of_the_driver(string value, SslMode mode) =>
        Assert.Equal(mode, Parse($"postgresql://h/d?sslmode={value}").SslMode);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("99")]
    [InlineData("-1")]
    [InlineData("REQUIRE")]
    [InlineData("verifyfull")]
    [InlineData("requ-ire")]
    [InlineData("verify_full")]
    [InlineData("require ")]
    [InlineData("no-verify")]
    [InlineData("true")]
    public void Any_other_sslmode_is_refused(string value) =>
        Assert.Contains("sslmode must be one of disable, allow", Refused($"postgresql://h/d?sslmode={value}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("postgresql://h/d", SslMode.Prefer)]
    [InlineData("postgresql://h/d?ssl=true", SslMode.Require)]
    [InlineData("postgresql://h/d?ssl=true&sslmode=prefer", SslMode.Require)]
    [InlineData("postgresql://h/d?sslmode=disable&ssl=true", SslMode.Require)]
    [InlineData("postgresql://h/d?sslmode=verify-full&ssl=true", SslMode.VerifyFull)]
    [InlineData("postgresql://h/d?sslrootcert=system", SslMode.VerifyFull)]
    [InlineData("postgresql://h/d?sslrootcert=system&sslmode=verify-full", SslMode.VerifyFull)]
    [InlineData("postgresql://h/d?sslmode=verify-full&sslrootcert=system", SslMode.VerifyFull)]
    [InlineData("postgresql://h/d?sslmode=require&sslrootcert=/ca.pem", SslMode.VerifyCA)]
    [InlineData("postgresql://h/d?sslrootcert=/ca.pem&sslmode=require", SslMode.VerifyCA)]
    [InlineData("postgresql://h/d?sslrootcert=/ca.pem&ssl=true", SslMode.VerifyCA)]
    [InlineData("postgresql://h/d?sslrootcert=/ca.pem&sslmode=verify-full", SslMode.VerifyFull)]
    [InlineData("postgresql://h/d?sslrootcert=/ca.pem", SslMode.Prefer)]
    [InlineData("postgresql://h/d?sslrootcert=/ca.pem&sslmode=disable", SslMode.Disable)]
    public void A_root_certificate_is_checked_as_strictly_as_by_libpq(string url, SslMode mode)
    {
        var connection = Parse(url);
        Assert.Equal(mode, connection.SslMode);
        Assert.Equal(url.Contains("/ca.pem", StringComparison.Ordinal) ? "/ca.pem" : null, connection.RootCertificate);
    }

    [Theory]
    [InlineData("sslrootcert=system&sslmode=require")]
    [InlineData("sslmode=disable&sslrootcert=system")]
    [InlineData("sslrootcert=system&sslmode=verify-ca")]
    [InlineData("sslrootcert=system&ssl=true")]
    public void The_certificates_of_the_system_require_verify_full(string query) =>
        Assert.Contains("verify-full", Refused($"postgresql://h/d?{query}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("any")]
    [InlineData("read-write")]
    [InlineData("read-only")]
    [InlineData("primary")]
    [InlineData("standby")]
    [InlineData("prefer-standby")]
    public void Each_target_session_attribute_of_libpq_is_accepted(string value) =>
        Assert.Equal(value, Parse($"postgresql://h1,h2/d?target_session_attrs={value}").TargetSessionAttributes);

    [Theory]
    [InlineData("target_session_attrs", "write")]
    [InlineData("target_session_attrs", "Read-Write")]
    [InlineData("target_session_attrs", "")]
    [InlineData("load_balance_hosts", "yes")]
    [InlineData("channel_binding", "2")]
    [InlineData("sslnegotiation", "1")]
    [InlineData("keepalives", "yes")]
    public void A_value_that_is_not_a_name_of_its_parameter_is_refused(string parameter, string value) =>
        Assert.StartsWith($"{parameter} must be one of ", Refused($"postgresql://h/d?{parameter}={value}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("application_name=app", "Application Name", "app")]
    [InlineData("fallback_application_name=app", "Application Name", "app")]
    [InlineData("fallback_application_name=other&application_name=app", "Application Name", "app")]
    [InlineData("application_name=app&fallback_application_name=other", "Application Name", "app")]
    [InlineData("application_name=other&application_name=app", "Application Name", "app")]
    [InlineData("application_name=", "Application Name", "axvault")]
    [InlineData("connect_timeout=10", "Timeout", "10")]
    [InlineData("connect_timeout=0", "Timeout", "0")]
    [InlineData("client_encoding=UTF8", "Client Encoding", "UTF8")]
    [InlineData("options=-c%20statement_timeout%3D5s", "Options", "-c statement_timeout=5s")]
    [InlineData("options=-c%20statement_timeout=5s", "Options", "-c statement_timeout=5s")]
    [InlineData("channel_binding=require", "Channel Binding", "Require")]
    [InlineData("keepalives=1", "TCP Keepalive", "True")]
    [InlineData("keepalives=0", "TCP Keepalive", "False")]
    [InlineData("keepalives_idle=30", "TCP Keepalive Time", "30")]
    [InlineData("keepalives_interval=5", "TCP Keepalive Interval", "5")]
    [InlineData("keepalives_interval=5", "TCP Keepalive Time", "7200")]
    [InlineData("keepalives_idle=30&keepalives_interval=5", "TCP Keepalive Time", "30")]
    [InlineData("keepalives=0&keepalives_idle=30", "TCP Keepalive Time", "0")]
    [InlineData("connection_limit=7", "Maximum Pool Size", "7")]
    [InlineData("load_balance_hosts=random", "Load Balance Hosts", "True")]
    [InlineData("load_balance_hosts=disable", "Load Balance Hosts", "False")]
    [InlineData("sslcert=/c.pem", "SSL Certificate", "/c.pem")]
    [InlineData("sslkey=/k.pem", "SSL Key", "/k.pem")]
    [InlineData("sslpassword=x", "SSL Password", "x")]
    [InlineData("sslnegotiation=direct", "SSL Negotiation", "Direct")]
    public void A_parameter_of_libpq_sets_the_matching_setting_of_the_driver(string query, string name, string value) =>
        Assert.Equal(value, Convert.ToString(Parse($"postgresql://h/d?{query}")[name], System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("nope=1", "the parameter nope is not supported")]
    [InlineData("sslcrl=/x", "the parameter sslcrl is not supported")]
    [InlineData("ssl=false", "ssl must be true, or be left out")]
    [InlineData("nope", "the parameter nope is not supported")]
    [InlineData("Sslmode=require", "it has a parameter that is not supported")]
    [InlineData("Password=x", "it has a parameter that is not supported")]
    [InlineData("=x", "it has a parameter that is not supported")]
    [InlineData("hunter2=x", "it has a parameter that is not supported")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijk=x", "it has a parameter that is not supported")]
    [InlineData("Persist Security Info=true", "it has a parameter that is not supported")]
    [InlineData("connect_timeout=x", "connect_timeout has a value that is not supported")]
    [InlineData("connect_timeout=99999999999", "connect_timeout has a value that is not supported")]
    [InlineData("require_auth=scram-sha-256", "the parameter require_auth is not supported")]
    [InlineData("gssencmode=require", "the parameter gssencmode is not supported")]
    [InlineData("krbsrvname=pg", "the parameter krbsrvname is not supported")]
    [InlineData("passfile=/etc/pgpass", "the parameter passfile is not supported")]
    [InlineData("sslaccept=strict", "the parameter sslaccept is not supported")]
    [InlineData("connection_limit=x", "connection_limit has a value that is not supported")]
    [InlineData("hostaddr=db.example", "hostaddr must be an IP address, or several")]
    [InlineData("hostaddr=", "hostaddr must be an IP address, or several")]
    public void An_unknown_parameter_or_a_wrong_value_is_refused_without_the_value(string query, string problem) =>
        Assert.Equal(problem, Refused($"postgresql://h/d?{query}"));

    [Theory]
    [InlineData("schema=public&pgbouncer=true", "pgbouncer, schema")]
    [InlineData("schema=a&schema=b", "schema")]
    [InlineData("pool_timeout=10&sslsni=1&tcp_user_timeout=1000&keepalives_count=3", "keepalives_count, pool_timeout, sslsni, tcp_user_timeout")]
    [InlineData("connection_limit=7&channel_binding=require&ssl=true&keepalives=1", "")]
    public void A_parameter_without_an_equivalent_is_ignored_and_named(string query, string names) =>
        Assert.Equal(names, string.Join(", ", Ignored($"postgresql://h/d?{query}")));

    // With verify-full the name is verified, so the address adds nothing to the safety of the connection.
    [Theory]
    [InlineData("postgresql:///d?hostaddr=10.0.0.1", "10.0.0.1", "")]
    [InlineData("postgresql:///d?hostaddr=::1", "::1", "")]
    [InlineData("postgresql://h/d?hostaddr=10.0.0.1", "10.0.0.1", "")]
    [InlineData("postgresql://h/d?hostaddr=10.0.0.1&sslmode=verify-ca", "10.0.0.1", "")]
    [InlineData("postgresql://h/d?hostaddr=10.0.0.1&sslmode=verify-full", "h", "hostaddr")]
    [InlineData("postgresql://h1,h2/d?hostaddr=10.0.0.1,10.0.0.2", "10.0.0.1:5432,10.0.0.2:5432", "")]
    public void A_hostaddr_is_used_unless_the_host_is_verified(string url, string host, string ignored)
    {
        Assert.Equal(host, Parse(url).Host);
        Assert.Equal(ignored, string.Join(", ", Ignored(url)));
    }

    [Theory]
    [InlineData("keepalives_interval=5")]
    [InlineData("keepalives=0&keepalives_interval=5")]
    [InlineData("channel_binding=require&sslmode=require")]
    [InlineData("connection_limit=1")]
    public void An_accepted_parameter_passes_the_checks_of_the_driver(string query)
    {
        using var source = NpgsqlDataSource.Create(new Axvault.Api.Database.DatabaseAddress(Parse($"postgresql://h/d?{query}")).Reveal());
        Assert.NotNull(source);
    }
}
