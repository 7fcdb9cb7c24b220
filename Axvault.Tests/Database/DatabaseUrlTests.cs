using static Axvault.Tests.Database.ParsedUrl;

namespace Axvault.Tests.Database;

/// <summary>URLs and connection strings are read as libpq reads them (PostgreSQL documentation, §32.1.1.2). Test names tell the differences.</summary>
public sealed class DatabaseUrlTests
{
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
    public void A_password_is_read_as_libpq_reads_it(string written, string password)
    {
        var connection = Parse($"postgresql://user:{written}@h:6000/d?application_name=app");
        Assert.Equal(password, connection.Password);
        Assert.Equal(("user", "h", 6000, "d", "app"), (connection.Username, connection.Host, connection.Port, connection.Database, connection.ApplicationName));
    }

    // libpq would end the password at the first @, and the rest would be printed as a host.
    [Theory]
    [InlineData("p@w")]
    [InlineData("@")]
    [InlineData("p@w@x")]
    [InlineData("p?w@x")]
    public void An_unencoded_at_sign_belongs_to_the_password_unlike_in_libpq(string password)
    {
        var connection = Parse($"postgresql://user:{password}@h/d");
        Assert.Equal((password, "h"), (connection.Password, connection.Host));
    }

    [Fact]
    public void An_at_sign_after_the_hosts_belongs_to_the_value_around_it()
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

    // The driver drops a line break at the end of a value when it writes the connection string.
    [Theory]
    [InlineData("postgresql://u:p%0A@h/d")]
    [InlineData("postgresql://u%0D%0A@h/d")]
    [InlineData("postgresql://h/d?application_name=a%0A")]
    [InlineData("Host=h;Password=\"p\n\"")]
    public void A_value_that_ends_with_a_line_break_is_refused(string url) => Assert.Contains("line break", Refused(url), StringComparison.Ordinal);

    [Fact]
    public void A_line_break_within_a_value_is_kept() => Assert.Equal("p\nq", Parse("postgresql://u:p%0Aq@h/d").Password);

    [Theory]
    [InlineData("Host=h;Username=u;Password=p;Database=d", "h", 5432)]
    [InlineData("Host=h;Port=6000;Username=u;Password=p;Database=d", "h", 6000)]
    [InlineData("host=h; port=6000; USER ID=u; password='p'; Database=\"d\"", "h", 6000)]
    [InlineData("Server=h;Username=u;Password=p;Database=d;SSL Mode=VerifyFull", "h", 5432)]
    [InlineData("Host=h1:1,h2:2;Username=u;Password=p;Database=d", "h1:1,h2:2", 5432)]
    [InlineData("Host=/tmp;Username=u;Password=p;Database=d", "/tmp", 5432)]
    public void A_connection_string_of_the_driver_is_accepted(string text, string host, int port)
    {
        var connection = Parse(text);
        Assert.Equal((host, port, "u", "p", "d"), (connection.Host, connection.Port, connection.Username, connection.Password, connection.Database));
        Assert.Equal("axvault", connection.ApplicationName);
    }

    [Fact]
    public void A_password_in_a_connection_string_may_look_like_a_url() => Assert.Equal("postgresql://x=y", Parse("Host=h;Password=postgresql://x=y").Password);

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
    public void Other_texts_are_refused(string text) => Refused(text);

    [Theory]
    [InlineData("Persist Security Info=true")]
    [InlineData("Include Error Detail=true")]
    [InlineData("Log Parameters=true")]
    [InlineData("PersistSecurityInfo=True;Log Parameters=false")]
    public void A_setting_that_would_print_secrets_is_refused(string setting)
    {
        Assert.Contains("would print secrets", Refused($"Host=h;Password=p;{setting}"), StringComparison.Ordinal);
        Parse($"Host=h;Password=p;{setting.Replace("true", "false", StringComparison.OrdinalIgnoreCase)}");
    }
}
