using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Tests.Settings;

public sealed class DatabaseAddressTests
{
    [Theory]
    [InlineData("postgresql://h/d", 5, 5)]
    [InlineData("postgresql://h/d?connect_timeout=15", 15, 5)]
    [InlineData("postgresql://h/d?connect_timeout=0", 0, 5)]
    [InlineData("postgresql://h/d?connect_timeout=", 5, 5)]
    [InlineData("Host=h", 5, 5)]
    [InlineData("Host=h;Timeout=15", 15, 5)]
    [InlineData("Host=h;Command Timeout=30", 5, 30)]
    [InlineData("Host=h;CommandTimeout=0", 5, 0)]
    public void The_timeouts_are_5_seconds_unless_the_address_sets_them(string text, int connect, int command)
    {
        var connection = new NpgsqlConnectionStringBuilder(Read(text).Reveal());
        Assert.Equal((connect, command), (connection.Timeout, connection.CommandTimeout));
    }

    [Theory]
    [InlineData("postgresql://h/d", 20)]
    [InlineData("postgresql://h1,h2/d", 20)]
    [InlineData("Host=h", 20)]
    [InlineData("Host=h;Maximum Pool Size=100", 100)]
    [InlineData("Host=h;Maximum Pool Size=3", 3)]
    [InlineData("Host=h;MaxPoolSize=50", 50)]
    [InlineData("Host=h;Minimum Pool Size=30", 30)]
    public void The_pool_has_20_connections_unless_the_address_sets_its_size(string text, int size) =>
        Assert.Equal(size, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).MaxPoolSize);

    [Theory]
    [InlineData("postgresql://h/d", -1)]
    [InlineData("Host=h1,h2", -1)]
    [InlineData("Host=h;Cancellation Timeout=2000", 2000)]
    public void A_cancelled_statement_does_not_count_as_successful_by_default(string text, int milliseconds) =>
        Assert.Equal(milliseconds, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).CancellationTimeout);

    [Theory]
    [InlineData("postgresql://h1,h2/d", 1)]
    [InlineData("postgresql://h1,h2/d?target_session_attrs=primary", 1)]
    [InlineData("Host=h1,h2;Host Recheck Seconds=30", 30)]
    public void A_new_primary_is_noticed_after_one_second_by_default(string text, int seconds) =>
        Assert.Equal(seconds, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).HostRecheckSeconds);

    [Theory]
    [InlineData("postgresql://h/d", GssEncryptionMode.Disable)]
    [InlineData("Host=h;GSS Encryption Mode=Require", GssEncryptionMode.Require)]
    [InlineData("Host=h;GSS Encryption Mode=Prefer", GssEncryptionMode.Prefer)]
    public void Kerberos_encryption_is_off_by_default(string text, GssEncryptionMode mode) =>
        Assert.Equal(mode, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).GssEncryptionMode);

    [Theory]
    [InlineData("postgresql://h1,h2/d", "read-write")]
    [InlineData("postgresql://h1,h2/d?target_session_attrs=any", "any")]
    [InlineData("postgresql://h1,h2/d?target_session_attrs=prefer-standby", "prefer-standby")]
    [InlineData("Host=h1,h2", "read-write")]
    [InlineData("Host=h1,h2;Target Session Attributes=primary", "primary")]
    [InlineData("postgresql://h/d", null)]
    [InlineData("postgresql:///d?host=/tmp", null)]
    public void A_server_that_accepts_writes_is_wanted_among_several(string text, string? attributes) =>
        Assert.Equal(attributes, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).TargetSessionAttributes);

    // Npgsql checks target_session_attrs only when it has several hosts to choose from.
    [Theory]
    [InlineData("postgresql://h/d?target_session_attrs=read-write", "h:5432,h:5432")]
    [InlineData("postgresql://[::1]:6000/d?target_session_attrs=primary", "[::1]:6000,[::1]:6000")]
    [InlineData("Host=h;Target Session Attributes=read-write", "h:5432,h:5432")]
    [InlineData("postgresql://h/d?target_session_attrs=any", "h")]
    public void A_single_server_is_listed_twice_so_that_the_driver_checks_its_kind(string text, string host)
    {
        var address = Read(text);

        Assert.Equal(host, new NpgsqlConnectionStringBuilder(address.Reveal()).Host);
        Assert.DoesNotContain(',', address.Description);
    }

    [Theory]
    [InlineData("postgresql://user:hunter2@h/d", "h:5432")]
    [InlineData("postgresql://user:hunter2@h:6000/d?sslmode=require", "h:6000")]
    [InlineData("postgresql://user:hunter2@[::1]:6000/d", "[::1]:6000")]
    [InlineData("postgresql://user:hunter2@h1,h2:2/d", "h1:5432,h2:2")]
    [InlineData("postgresql://user:hunter2@%2Ftmp/d", "/tmp")]
    [InlineData("postgresql://user:hun@ter2@h/d", "h:5432")]
    [InlineData("Host=h;Password=hunter2", "h:5432")]
    [InlineData("Host=h:6000;Password=hunter2", "h:6000")]
    public void An_address_is_printed_as_its_hosts_only(string text, string shown)
    {
        var address = Read(text);
        Assert.Equal(shown, address.Description);
        Assert.Equal(shown, address.ToString());
        Assert.Equal(shown, $"{address}");
    }

    [Theory]
    [InlineData("p;w=x")]
    [InlineData("'p\"w'")]
    [InlineData(" p ")]
    [InlineData("p@:/?#%ä😀")]
    public void The_password_reaches_the_driver_unchanged(string password)
    {
        var address = Read($"postgresql://user:{Uri.EscapeDataString(password)}@h/d");
        Assert.Equal(password, new NpgsqlConnectionStringBuilder(address.Reveal()).Password);
    }

    [Fact]
    public void The_given_connection_string_is_not_changed()
    {
        var connection = new NpgsqlConnectionStringBuilder("Host=h1,h2");
        var before = connection.ConnectionString;
        Assert.NotEqual(before, new DatabaseAddress(connection).Reveal());
        Assert.Equal(before, connection.ConnectionString);
    }

    [Fact]
    public void The_driver_creates_a_pool_from_every_address()
    {
        foreach (var text in new[] { "postgresql://h1,h2/d?target_session_attrs=any", "postgresql://h1,h2/d", "postgresql://[::1]/d", "Host=/tmp" })
        {
            using var pool = NpgsqlDataSource.Create(Read(text).Reveal());
            Assert.Equal(text.Contains(','), pool is NpgsqlMultiHostDataSource);
        }
    }

    private static DatabaseAddress Read(string text)
    {
        Assert.True(DatabaseUrl.TryParse(text, out var connection, out _, out var problem), problem);
        return new DatabaseAddress(connection);
    }
}
