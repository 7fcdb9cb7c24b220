using Axvault.Api.Configuration;
using CsCheck;
using Npgsql;

namespace Axvault.Tests.Configuration;

/// <summary>Compared with what libpq makes of the same text (PostgreSQL documentation, §32.1.1.2); where it differs, the test's name says so.</summary>
public sealed class DatabaseUrlTests
{
    // Right and wrong ways to write an address, with a secret {0} and noise {1} in many places.
    private static readonly string[] Forms =
    [
        "postgresql://user:{0}@h/d",
        "postgresql://user:{0}@[::1]:{1}/d",
        "postgres://:{0}@h:{1}",
        "postgresql://{0}",
        "postgresql://user:{0}",
        "postgresql://{0}/{0}@{1}",
        "postgresql://h/d?password={0}&{1}",
        "postgresql://h/d?{0}={0}",
        "postgresql://h/d?port={0}",
        "postgresql://h/d?sslmode={0}",
        "postgresql://h/d?connect_timeout={0}",
        "postgresql://h/d?require_auth={0}",
        "postgresql://[{0}",
        "Host=h;Password={0};{1}",
        "Host=h;Password={0};Port={0}",
        "Host=h;{0}={0}",
        "Password={0}",
        "mysql://user:{0}@h",
        "{0}",
        "{0}={1}",
        "{1}{0}",
    ];

    [Theory]
    [InlineData("postgresql://", "localhost", 5432, null, null, null)]
    [InlineData("postgres://", "localhost", 5432, null, null, null)]
    [InlineData("postgresql:///", "localhost", 5432, null, null, null)]
    [InlineData("postgresql:///mydb", "localhost", 5432, null, null, "mydb")]
    [InlineData("postgresql://h", "h", 5432, null, null, null)]
    [InlineData("postgres://h/", "h", 5432, null, null, null)]
    [InlineData("postgresql://localhost:5433", "localhost", 5433, null, null, null)]
    [InlineData("postgresql://localhost:5432/axvault", "localhost", 5432, null, null, "axvault")]
    [InlineData("postgresql://user@h", "h", 5432, "user", null, null)]
    [InlineData("postgresql://user:secret@h", "h", 5432, "user", "secret", null)]
    [InlineData("postgresql://user:secret@h:1/d", "h", 1, "user", "secret", "d")]
    [InlineData("postgres://user:secret@h:65535/d", "h", 65535, "user", "secret", "d")]
    [InlineData("POSTGRES://user:secret@h/d", "h", 5432, "user", "secret", "d")]
    [InlineData("postgresql://user:@h/d", "h", 5432, "user", null, "d")]
    [InlineData("postgresql://:secret@h/d", "h", 5432, null, "secret", "d")]
    [InlineData("postgresql://:@h/d", "h", 5432, null, null, "d")]
    [InlineData("postgresql://@h/d", "h", 5432, null, null, "d")]
    [InlineData("postgresql://@/d", "localhost", 5432, null, null, "d")]
    [InlineData("postgresql://:6000/d", "localhost", 6000, null, null, "d")]
    [InlineData("postgresql://h:/d", "h", 5432, null, null, "d")]
    [InlineData("postgresql://10.0.0.1:6000/d", "10.0.0.1", 6000, null, null, "d")]
    [InlineData("postgresql://h/a/b", "h", 5432, null, null, "a/b")]
    [InlineData("postgresql://h?dbname=d", "h", 5432, null, null, "d")]
    [InlineData("postgresql://h/d?dbname=other", "h", 5432, null, null, "other")]
    [InlineData("postgresql://h/d?user=u&password=p", "h", 5432, "u", "p", "d")]
    [InlineData("postgresql://u:p@h/d?user=v&password=q", "h", 5432, "v", "q", "d")]
    [InlineData("postgresql://h/d?host=other&port=6000", "other", 6000, null, null, "d")]
    [InlineData("postgresql://h:7/d?host=other", "other", 7, null, null, "d")]
    [InlineData("postgresql://h:7/d?port=", "h", 5432, null, null, "d")]
    [InlineData("postgresql:///d?host=h", "h", 5432, null, null, "d")]
    [InlineData("postgresql://h/d?port=6000", "h", 6000, null, null, "d")]
    public void The_parts_of_a_url_are_found(string url, string host, int port, string? user, string? password, string? database)
    {
        var connection = Parse(url);
        Assert.Equal((host, port), (connection.Host, connection.Port));
        Assert.Equal((user, password, database), (connection.Username, connection.Password, connection.Database));
    }

    [Theory]
    [InlineData("p%40w", "p@w")]
    [InlineData("p%3Aw", "p:w")]
    [InlineData("p%2Fw", "p/w")]
    [InlineData("p%2fw", "p/w")]
    [InlineData("p%3Fw", "p?w")]
    [InlineData("p%23w", "p#w")]
    [InlineData("p%25w", "p%w")]
    [InlineData("p%2525", "p%25")]
    [InlineData("p%20w", "p w")]
    [InlineData("%3B%27%22%3D", ";'\"=")]
    [InlineData("p%C3%A4%F0%9F%98%80", "pä😀")]
    [InlineData("p:w", "p:w")]
    [InlineData("p:w:", "p:w:")]
    [InlineData("p?w", "p?w")]
    [InlineData("p?sslmode=disable", "p?sslmode=disable")]
    [InlineData("p#w", "p#w")]
    [InlineData("p+w", "p+w")]
    [InlineData("p&w=x", "p&w=x")]
    [InlineData("p w", "p w")]
    [InlineData("p;w", "p;w")]
    [InlineData("p,w", "p,w")]
    [InlineData("[p]", "[p]")]
    [InlineData("pä😀", "pä😀")]
    [InlineData("p%E2%80%AEw", "p\u202ew")]
    public void A_password_is_what_libpq_makes_of_it(string written, string password)
    {
        var connection = Parse($"postgresql://user:{written}@h:6000/d?application_name=app");
        Assert.Equal(password, connection.Password);
        Assert.Equal(("user", "h", 6000, "d", "app"), (connection.Username, connection.Host, connection.Port, connection.Database, connection.ApplicationName));
    }

    [Theory]
    [InlineData("p@w")]
    [InlineData("@")]
    [InlineData("p@w@x")]
    [InlineData("p?w@x")]
    public void Unlike_in_libpq_an_unencoded_at_in_a_password_is_no_end_of_it_so_the_rest_is_never_printed_as_a_host(string password)
    {
        var connection = Parse($"postgresql://user:{password}@h/d");
        Assert.Equal((password, "h"), (connection.Password, connection.Host));
    }

    [Fact]
    public void An_at_after_the_hosts_belongs_where_it_stands()
    {
        Assert.Equal("a@b", Parse("postgresql://u:p@h/d?application_name=a@b").ApplicationName);
        Assert.Equal("a@b", Parse("postgresql://u:p@h?application_name=a@b").ApplicationName);
        Assert.Equal("a@b", Parse("postgresql://h/d?application_name=a@b").ApplicationName);
        Assert.Equal("d@e", Parse("postgresql://h/d@e").Database);
        Assert.Equal("d@e", Parse("postgresql://u:p@h/d@e").Database);
    }

    [Theory]
    [InlineData("postgresql://%75ser@h", "user")]
    [InlineData("postgresql://us%40er@h", "us@er")]
    [InlineData("postgresql://us%3Aer:p@h", "us:er")]
    public void A_user_is_decoded(string url, string user) => Assert.Equal(user, Parse(url).Username);

    [Fact]
    public void Every_other_part_is_decoded_too()
    {
        Assert.Equal("my db", Parse("postgresql://h/my%20db").Database);
        Assert.Equal("my/db", Parse("postgresql://h/my%2Fdb").Database);
        Assert.Equal("a&b=c", Parse("postgresql://h/d?application_name=a%26b%3Dc").ApplicationName);
        Assert.Equal("x", Parse("postgresql://h/d?%61pplication_name=x").ApplicationName);
        Assert.Equal("-c geqo=off -c work_mem=4MB", Parse("postgresql://h/d?options=-c%20geqo%3Doff%20-c%20work_mem%3D4MB").Options);
    }

    [Theory]
    [InlineData("postgresql://%@h", "the user")]
    [InlineData("postgresql://%4@h", "the user")]
    [InlineData("postgresql://%zz@h", "the user")]
    [InlineData("postgresql://u:%@h", "the password")]
    [InlineData("postgresql://u:100%@h", "the password")]
    [InlineData("postgresql://u:%4@h", "the password")]
    [InlineData("postgresql://u:%g0@h", "the password")]
    [InlineData("postgresql://u:%+4@h", "the password")]
    [InlineData("postgresql://u:% 4@h", "the password")]
    [InlineData("postgresql://u:p%00@h", "the password")]
    [InlineData("postgresql://u:p%FF@h", "the password")]
    [InlineData("postgresql://u:p%C3@h", "the password")]
    [InlineData("postgresql://u:p%ED%A0%80@h", "the password")]
    [InlineData("postgresql://u:p%C0%80@h", "the password")]
    [InlineData("postgresql://h%/d", "the host")]
    [InlineData("postgresql://h%00/d", "the host")]
    [InlineData("postgresql://h/d%", "the database name")]
    [InlineData("postgresql://h/%00", "the database name")]
    [InlineData("postgresql://h/d?application_name=%", "a parameter's value")]
    [InlineData("postgresql://h/d?application_name=%00", "a parameter's value")]
    [InlineData("postgresql://h/d?%=1", "a parameter's name")]
    public void A_broken_encoding_is_refused_naming_its_place(string url, string place) => Assert.StartsWith(place, Refused(url), StringComparison.Ordinal);

    [Theory]
    [InlineData("postgresql://u:p%0A@h/d")]
    [InlineData("postgresql://u%0D%0A@h/d")]
    [InlineData("postgresql://h/d?application_name=a%0A")]
    [InlineData("Host=h;Password=\"p\n\"")]
    public void A_value_that_the_driver_would_write_down_without_its_end_is_refused(string url) => Assert.Contains("line break", Refused(url), StringComparison.Ordinal);

    [Fact]
    public void A_line_break_within_a_value_stays() => Assert.Equal("p\nq", Parse("postgresql://u:p%0Aq@h/d").Password);

    [Theory]
    [InlineData("postgresql://[::1]/d", "::1", 5432)]
    [InlineData("postgresql://[2001:db8::1234]:6000/d", "2001:db8::1234", 6000)]
    [InlineData("postgresql://u:p@[2001:db8::1]:6000", "2001:db8::1", 6000)]
    [InlineData("postgresql://u:[p]@[::1]:6000", "::1", 6000)]
    [InlineData("postgresql://[::1]:/d", "::1", 5432)]
    [InlineData("postgresql://[fe80::1%25eth0]/d", "fe80::1%eth0", 5432)]
    public void An_ipv6_address_stands_in_brackets(string url, string host, int port)
    {
        var connection = Parse(url);
        Assert.Equal((host, port), (connection.Host, connection.Port));
    }

    [Theory]
    [InlineData("postgresql://[::1/d")]
    [InlineData("postgresql://[::1")]
    [InlineData("postgresql://[")]
    [InlineData("postgresql://[]/d")]
    [InlineData("postgresql://[::1]x/d")]
    [InlineData("postgresql://[::1]5432/d")]
    [InlineData("postgresql://[::1]]:5432/d")]
    [InlineData("postgresql://::1/d")]
    [InlineData("postgresql://h,[::1/d")]
    public void An_ipv6_address_without_its_brackets_is_refused(string url) => Refused(url);

    [Theory]
    [InlineData("postgresql://h1,h2/d", "h1:5432,h2:5432")]
    [InlineData("postgresql://h1:1,h2:2,h3:3/d", "h1:1,h2:2,h3:3")]
    [InlineData("postgresql://h1:1,h2/d", "h1:1,h2:5432")]
    [InlineData("postgresql://h1,h2:2/d", "h1:5432,h2:2")]
    [InlineData("postgresql://u:p@h1:,h2:2/d", "h1:5432,h2:2")]
    [InlineData("postgresql://h1,[::1]:2,10.0.0.1/d", "h1:5432,[::1]:2,10.0.0.1:5432")]
    [InlineData("postgresql://h1,h2/d?port=6000", "h1:6000,h2:6000")]
    [InlineData("postgresql://h1,h2/d?port=1,2", "h1:1,h2:2")]
    [InlineData("postgresql://h1,h2/d?port=1,", "h1:1,h2:5432")]
    [InlineData("postgresql:///d?host=h1,h2", "h1:5432,h2:5432")]
    [InlineData("postgresql:///d?host=h1,h2&port=1,2", "h1:1,h2:2")]
    [InlineData("postgresql:///d?port=1,2&host=h1,h2", "h1:1,h2:2")]
    [InlineData("postgresql://,h2/d", "localhost:5432,h2:5432")]
    [InlineData("postgresql://,/d", "localhost:5432,localhost:5432")]
    public void Several_hosts_have_each_its_port(string url, string hosts) => Assert.Equal(hosts, Parse(url).Host);

    [Theory]
    [InlineData("postgresql://h1:1,h2:2/d?host=h")]
    [InlineData("postgresql://h/d?port=1,2")]
    [InlineData("postgresql://h1,h2,h3/d?port=1,2")]
    public void Ports_that_do_not_match_the_hosts_are_refused(string url) => Refused(url);

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("99999999999999999999")]
    [InlineData("-1")]
    [InlineData("+5432")]
    [InlineData(" 5432")]
    [InlineData("5432 ")]
    [InlineData("5e3")]
    [InlineData("0x10")]
    [InlineData("5432x")]
    [InlineData("٥٤٣٢")]
    [InlineData("secret")]
    [InlineData("5432:5433")]
    public void A_port_is_a_number_from_1_to_65535(string port)
    {
        Assert.DoesNotContain(port, Refused($"postgresql://h:{port}/d").Replace("1 to 65535", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Refused($"postgresql://h/d?port={port}");
    }

    [Theory]
    [InlineData("postgresql:///d?host=/var/run/postgresql", "/var/run/postgresql", 5432)]
    [InlineData("postgresql:///d?host=%2Fvar%2Frun%2Fpostgresql&port=6000", "/var/run/postgresql", 6000)]
    [InlineData("postgresql://u:p@/d?host=/tmp", "/tmp", 5432)]
    [InlineData("postgresql://%2Fvar%2Frun%2Fpostgresql/d", "/var/run/postgresql", 5432)]
    [InlineData("postgresql://u:p@%2Ftmp:6000/d", "/tmp", 6000)]
    [InlineData("postgresql://h:6000/d?host=/tmp", "/tmp", 6000)]
    public void A_unix_socket_is_given_by_its_folder(string url, string host, int port)
    {
        var connection = Parse(url);
        Assert.Equal((host, port, "d"), (connection.Host, connection.Port, connection.Database));
    }

    [Theory]
    [InlineData("postgresql:///d?host=/tmp,h2")]
    [InlineData("postgresql://h1,%2Ftmp/d")]
    public void A_unix_socket_among_several_hosts_is_refused_which_the_driver_cannot_do(string url) => Assert.Contains("unix socket", Refused(url), StringComparison.Ordinal);

    [Theory]
    [InlineData("disable", SslMode.Disable)]
    [InlineData("allow", SslMode.Allow)]
    [InlineData("prefer", SslMode.Prefer)]
    [InlineData("require", SslMode.Require)]
    [InlineData("verify-ca", SslMode.VerifyCA)]
    [InlineData("verify-full", SslMode.VerifyFull)]
    public void Each_sslmode_of_libpq_is_that_of_the_driver(string value, SslMode mode) => Assert.Equal(mode, Parse($"postgresql://h/d?sslmode={value}").SslMode);

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
    public void Any_other_sslmode_is_refused(string value) => Assert.Contains("sslmode must be one of disable, allow", Refused($"postgresql://h/d?sslmode={value}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("postgresql://h/d", SslMode.Prefer)]
    [InlineData("postgresql://h/d?ssl=true", SslMode.Require)]
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
    public void The_systems_certificates_go_with_the_full_check_only(string query) => Assert.Contains("verify-full", Refused($"postgresql://h/d?{query}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("any")]
    [InlineData("read-write")]
    [InlineData("read-only")]
    [InlineData("primary")]
    [InlineData("standby")]
    [InlineData("prefer-standby")]
    public void Each_target_session_attribute_of_libpq_is_taken(string value) =>
        Assert.Equal(value, Parse($"postgresql://h1,h2/d?target_session_attrs={value}").TargetSessionAttributes);

    [Theory]
    [InlineData("target_session_attrs", "write")]
    [InlineData("target_session_attrs", "Read-Write")]
    [InlineData("target_session_attrs", "")]
    [InlineData("load_balance_hosts", "yes")]
    [InlineData("channel_binding", "2")]
    [InlineData("gssencmode", "0")]
    [InlineData("sslnegotiation", "1")]
    [InlineData("keepalives", "yes")]
    public void A_name_that_the_parameter_does_not_have_is_refused(string parameter, string value) =>
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
    [InlineData("gssencmode=disable", "GSS Encryption Mode", "Disable")]
    [InlineData("keepalives=1", "TCP Keepalive", "True")]
    [InlineData("keepalives=0", "TCP Keepalive", "False")]
    [InlineData("keepalives_idle=30", "TCP Keepalive Time", "30")]
    [InlineData("keepalives_interval=5", "TCP Keepalive Interval", "5")]
    [InlineData("krbsrvname=pg", "Kerberos Service Name", "pg")]
    [InlineData("load_balance_hosts=random", "Load Balance Hosts", "True")]
    [InlineData("load_balance_hosts=disable", "Load Balance Hosts", "False")]
    [InlineData("passfile=/etc/pgpass", "Passfile", "/etc/pgpass")]
    [InlineData("require_auth=scram-sha-256", "Require Auth", "ScramSHA256")]
    [InlineData("require_auth=md5,scram-sha-256", "Require Auth", "MD5,ScramSHA256")]
    [InlineData("require_auth=!password", "Require Auth", "!Password")]
    [InlineData("sslcert=/c.pem", "SSL Certificate", "/c.pem")]
    [InlineData("sslkey=/k.pem", "SSL Key", "/k.pem")]
    [InlineData("sslpassword=x", "SSL Password", "x")]
    [InlineData("sslnegotiation=direct", "SSL Negotiation", "Direct")]
    public void A_parameter_of_libpq_sets_what_it_means_to_the_driver(string query, string name, string value) =>
        Assert.Equal(value, Convert.ToString(Parse($"postgresql://h/d?{query}")[name], System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("nope=1", "the parameter nope is not supported")]
    [InlineData("sslcrl=/x", "the parameter sslcrl is not supported")]
    [InlineData("ssl=false", "the parameter ssl is not supported")]
    [InlineData("nope", "the parameter nope is not supported")]
    [InlineData("Sslmode=require", "it has a parameter that is not supported")]
    [InlineData("Password=x", "it has a parameter that is not supported")]
    [InlineData("=x", "it has a parameter that is not supported")]
    [InlineData("hunter2=x", "it has a parameter that is not supported")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijk=x", "it has a parameter that is not supported")]
    [InlineData("Persist Security Info=true", "it has a parameter that is not supported")]
    [InlineData("connect_timeout=x", "connect_timeout has a value that is not supported")]
    [InlineData("connect_timeout=99999999999", "connect_timeout has a value that is not supported")]
    [InlineData("require_auth=nope", "require_auth must name methods among password, md5, gss, sspi, scram-sha-256 and none")]
    [InlineData("require_auth=", "require_auth must name methods among password, md5, gss, sspi, scram-sha-256 and none")]
    [InlineData("require_auth=!md5,password", "require_auth has a value that is not supported")]
    public void A_parameter_that_is_not_known_or_has_a_wrong_value_is_refused_without_the_value(string query, string problem) =>
        Assert.Equal(problem, Refused($"postgresql://h/d?{query}"));

    [Theory]
    [InlineData("Host=h;Username=u;Password=p;Database=d", "h", 5432)]
    [InlineData("Host=h;Port=6000;Username=u;Password=p;Database=d", "h", 6000)]
    [InlineData("host=h; port=6000; USER ID=u; password='p'; Database=\"d\"", "h", 6000)]
    [InlineData("Server=h;Username=u;Password=p;Database=d;SSL Mode=VerifyFull", "h", 5432)]
    [InlineData("Host=h1:1,h2:2;Username=u;Password=p;Database=d", "h1:1,h2:2", 5432)]
    [InlineData("Host=/tmp;Username=u;Password=p;Database=d", "/tmp", 5432)]
    public void A_connection_string_of_the_driver_is_taken(string text, string host, int port)
    {
        var connection = Parse(text);
        Assert.Equal((host, port, "u", "p", "d"), (connection.Host, connection.Port, connection.Username, connection.Password, connection.Database));
        Assert.Equal("axvault", connection.ApplicationName);
    }

    [Theory]
    [InlineData("host=h user=u password=p")]
    [InlineData("Host=h user:p")]
    [InlineData("Host=u:p@h")]
    [InlineData("postgresql://secret%40h/d")]
    [InlineData("postgresql://h%20password%3Dp/d")]
    [InlineData("postgresql:///d?host=u@h")]
    public void A_host_that_is_none_is_refused_because_hosts_are_printed(string text) => Assert.StartsWith("the host has a character", Refused(text), StringComparison.Ordinal);

    [Fact]
    public void A_password_in_a_connection_string_may_look_like_a_url() =>
        Assert.Equal("postgresql://x=y", Parse("Host=h;Password=postgresql://x=y").Password);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("h")]
    [InlineData("localhost:5432")]
    [InlineData("Host=")]
    [InlineData("Host= ;Username=u")]
    [InlineData("Username=u;Password=p")]
    [InlineData("Host=h;Nope=1")]
    [InlineData("Host=h;Port=x")]
    [InlineData("Host=h;Port=0")]
    [InlineData("Host=h;Timeout=-1")]
    [InlineData("Host=h;SSL Mode=nope")]
    [InlineData("Host=h;Password='p")]
    [InlineData("host=h user=u password=p")]
    [InlineData("mysql://u:p@h/d")]
    [InlineData("mysql://u:p@h/d?a=b")]
    [InlineData("http://h")]
    [InlineData("postgresql:h")]
    [InlineData("postgresql:/h")]
    [InlineData("postgresqls://h")]
    [InlineData(" postgresql://h")]
    [InlineData("jdbc:postgresql://h/d")]
    public void What_is_neither_is_refused(string text) => Refused(text);

    [Theory]
    [InlineData("Persist Security Info=true")]
    [InlineData("Include Error Detail=true")]
    [InlineData("Log Parameters=true")]
    [InlineData("PersistSecurityInfo=True;Log Parameters=false")]
    public void What_would_print_secrets_is_refused(string setting)
    {
        Assert.Contains("would print secrets", Refused($"Host=h;Password=p;{setting}"), StringComparison.Ordinal);
        Parse($"Host=h;Password=p;{setting.Replace("true", "false", StringComparison.OrdinalIgnoreCase)}");
    }

    [Fact]
    public void Any_password_that_is_encoded_comes_back_as_it_was() =>
        Gen.String.Where(static text => text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal) && IsWellFormed(text)).Sample(static password =>
            Parse($"postgresql://user:{Uri.EscapeDataString(password)}@h:6000/d?sslmode=require") is { } connection
            && connection.Password == password && connection is { Username: "user", Host: "h", Port: 6000, Database: "d", SslMode: SslMode.Require });

    [Fact]
    public void Whatever_the_text_it_is_read_or_refused_and_no_problem_repeats_a_piece_of_the_password() =>
        Gen.Select(Gen.Int[0, Forms.Length - 1], Secret, Gen.String[Gen.Char["a@:/?#%[]=&;, '\"0"], 0, 6]).Sample(static (form, secret, noise) =>
        {
            var text = Forms[form].Replace("{0}", secret, StringComparison.Ordinal).Replace("{1}", noise, StringComparison.Ordinal);
            if (DatabaseUrl.TryParse(text, out var connection, out var problem))
            {
                return connection is not null && problem is null;
            }

            // Three characters in a row are a piece of it, when one of them is none that the messages have.
            return connection is null && problem is not null && Enumerable.Range(0, secret.Length - 2).Select(i => secret.Substring(i, 3))
                .All(piece => !piece.Any(static c => c is >= 'Q' and <= 'Z' or >= '7' and <= '9') || !problem.Contains(piece, StringComparison.Ordinal));
        },
        iter: 20_000);

    [Fact]
    public void Any_text_at_all_is_read_or_refused() =>
        Gen.OneOf(Gen.String, Gen.String.Select(static text => "postgresql://" + text), Gen.String[Gen.Char["a1@:/?#%[]=&;,'\" ."], 0, 30].Select(static text => "postgres://" + text))
            .Sample(static text => DatabaseUrl.TryParse(text, out var connection, out var problem) ? connection is not null && problem is null : connection is null && problem is not null, iter: 20_000);

    private static Gen<string> Secret => Gen.String[Gen.Char["QXZ789@:/?#%=&[];,' "], 3, 20].Where(static text => !text.Contains("  ", StringComparison.Ordinal));

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static NpgsqlConnectionStringBuilder Parse(string text)
    {
        Assert.True(DatabaseUrl.TryParse(text, out var connection, out var problem), problem);
        return connection;
    }

    private static string Refused(string text)
    {
        Assert.False(DatabaseUrl.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
        Assert.DoesNotContain('\n', problem);
        return problem;
    }
}
