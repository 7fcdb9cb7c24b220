using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Tests.Database;

/// <summary>Parses addresses of databases and asserts the result.</summary>
internal static class ParsedUrl
{
    /// <summary>Returns the settings of the driver for a valid address.</summary>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        Assert.True(DatabaseUrl.TryParse(text, out var connection, out _, out var problem), problem);
        return connection;
    }

    /// <summary>Returns the names of the parameters that have no effect in a valid URL.</summary>
    public static IReadOnlyList<string> Ignored(string text)
    {
        Assert.True(DatabaseUrl.TryParse(text, out _, out var ignored, out var problem), problem);
        return ignored;
    }

    /// <summary>Returns the problem of an invalid address.</summary>
    public static string Refused(string text)
    {
        Assert.False(DatabaseUrl.TryParse(text, out _, out _, out var problem));
        Assert.NotEmpty(problem);
        Assert.DoesNotContain('\n', problem);
        return problem;
    }
}
