using Axvault.Api.Http;
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
    public void A_state_of_the_database_is_worth_another_try_and_a_wrong_statement_is_not(string sqlState, bool unavailable) =>
        Assert.Equal(unavailable, DatabaseFault.IsUnavailable(new PostgresException("text", "ERROR", "ERROR", sqlState)));

    [Fact]
    public void A_lost_connection_is_the_database_s_state_and_an_error_of_the_code_is_not()
    {
        Assert.True(DatabaseFault.IsUnavailable(new NpgsqlException("text", new IOException())));
        Assert.True(DatabaseFault.IsUnavailable(new TimeoutException()));
        Assert.False(DatabaseFault.IsUnavailable(new InvalidOperationException()));
    }
}
