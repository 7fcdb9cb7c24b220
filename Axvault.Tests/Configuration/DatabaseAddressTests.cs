using Axvault.Api.Configuration;
using Npgsql;

namespace Axvault.Tests.Configuration;

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
    public void A_request_ends_in_bounded_time_unless_the_address_says_otherwise(string text, int connect, int command)
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
    public void The_pool_is_small_unless_the_address_says_otherwise(string text, int size) =>
        Assert.Equal(size, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).MaxPoolSize);

    [Theory]
    [InlineData("postgresql://h/d", -1)]
    [InlineData("Host=h1,h2", -1)]
    [InlineData("Host=h;Cancellation Timeout=2000", 2000)]
    public void A_statement_that_was_given_up_is_not_taken_for_a_success_unless_the_address_says_otherwise(string text, int milliseconds) =>
        Assert.Equal(milliseconds, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).CancellationTimeout);

    [Theory]
    [InlineData("postgresql://h1,h2/d", 1)]
    [InlineData("postgresql://h1,h2/d?target_session_attrs=primary", 1)]
    [InlineData("Host=h1,h2;Host Recheck Seconds=30", 30)]
    public void A_new_primary_is_noticed_at_once_unless_the_address_says_otherwise(string text, int seconds) =>
        Assert.Equal(seconds, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).HostRecheckSeconds);

    [Theory]
    [InlineData("postgresql://h/d", GssEncryptionMode.Disable)]
    [InlineData("postgresql://h/d?gssencmode=require", GssEncryptionMode.Require)]
    [InlineData("Host=h;GSS Encryption Mode=Prefer", GssEncryptionMode.Prefer)]
    public void Kerberos_does_not_encrypt_the_connection_unless_the_address_says_so(string text, GssEncryptionMode mode) =>
        Assert.Equal(mode, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).GssEncryptionMode);

    [Theory]
    [InlineData("postgresql://h1,h2/d", "read-write")]
    [InlineData("postgresql://h1,h2/d?target_session_attrs=any", "any")]
    [InlineData("postgresql://h1,h2/d?target_session_attrs=prefer-standby", "prefer-standby")]
    [InlineData("Host=h1,h2", "read-write")]
    [InlineData("Host=h1,h2;Target Session Attributes=primary", "primary")]
    [InlineData("postgresql://h/d", null)]
    [InlineData("postgresql:///d?host=/tmp", null)]
    public void Of_several_servers_the_one_that_takes_writes_is_wanted(string text, string? attributes) =>
        Assert.Equal(attributes, new NpgsqlConnectionStringBuilder(Read(text).Reveal()).TargetSessionAttributes);

    [Theory]
    [InlineData("postgresql://h/d?target_session_attrs=read-write", "h:5432,h:5432")]
    [InlineData("postgresql://[::1]:6000/d?target_session_attrs=primary", "[::1]:6000,[::1]:6000")]
    [InlineData("Host=h;Target Session Attributes=read-write", "h:5432,h:5432")]
    [InlineData("postgresql://h/d?target_session_attrs=any", "h")]
    public void A_single_server_of_which_a_kind_is_asked_is_named_twice_for_the_driver_looks_only_where_it_can_choose(string text, string host)
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
    public void An_address_is_shown_by_its_hosts_alone(string text, string shown)
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
    public void The_password_reaches_the_driver_as_it_is(string password)
    {
        var address = Read($"postgresql://user:{Uri.EscapeDataString(password)}@h/d");
        Assert.Equal(password, new NpgsqlConnectionStringBuilder(address.Reveal()).Password);
    }

    [Fact]
    public void What_the_address_was_made_of_is_not_changed()
    {
        var connection = new NpgsqlConnectionStringBuilder("Host=h1,h2");
        var before = connection.ConnectionString;
        Assert.NotEqual(before, new DatabaseAddress(connection).Reveal());
        Assert.Equal(before, connection.ConnectionString);
    }

    [Fact]
    public void An_address_is_one_that_the_driver_makes_a_pool_of()
    {
        foreach (var text in new[] { "postgresql://h1,h2/d?target_session_attrs=any", "postgresql://h1,h2/d", "postgresql://[::1]/d", "Host=/tmp" })
        {
            using var pool = NpgsqlDataSource.Create(Read(text).Reveal());
            Assert.Equal(text.Contains(','), pool is NpgsqlMultiHostDataSource);
        }
    }

    private static DatabaseAddress Read(string text)
    {
        Assert.True(DatabaseUrl.TryParse(text, out var connection, out var problem), problem);
        return new DatabaseAddress(connection);
    }
}
