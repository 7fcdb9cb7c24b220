using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Tests.Http;

public sealed class DatabaseFaultTests
{
    [Theory]
    [InlineData("57P01", true)]
    [InlineData("57P03", true)]
    [InlineData("53300", true)]
    [InlineData("25006", true)]
    [InlineData("08006", true)]
    [InlineData("28P01", true)]
    [InlineData("40P01", true)]
    [InlineData("22021", false)]
    [InlineData("23505", false)]
    [InlineData("42601", false)]
    public void An_SQL_state_counts_as_unavailable_when_a_retry_can_succeed(string sqlState, bool unavailable) =>
        Assert.Equal(unavailable, DatabaseFault.IsUnavailable(new PostgresException("text", "ERROR", "ERROR", sqlState)));

    [Fact]
    public void A_lost_connection_counts_as_unavailable_and_an_error_of_the_code_does_not()
    {
        Assert.True(DatabaseFault.IsUnavailable(new NpgsqlException("text", new IOException())));
        Assert.True(DatabaseFault.IsUnavailable(new TimeoutException()));
        Assert.False(DatabaseFault.IsUnavailable(new InvalidOperationException()));
    }
}
