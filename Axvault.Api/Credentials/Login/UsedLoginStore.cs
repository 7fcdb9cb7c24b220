using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Axvault.Api.Credentials.Login;

/// <summary>The logins whose code was sent to the provider, in PostgreSQL, beside the used tokens of workloads. They are removed together.</summary>
internal sealed class UsedLoginStore(NpgsqlDataSource database)
{
    /// <summary>Marks a login as used. Returns <see langword="false"/> when it was used before, by any server.</summary>
    /// <param name="state">The state of the login.</param>
    /// <param name="expiresAt">The time at which the login ends.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public async Task<bool> TryUseAsync(string state, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into axvault.used_token (hash, expires_at) values ($1, $2) on conflict (hash) do nothing");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = SHA256.HashData(Encoding.UTF8.GetBytes($"login\0{state}")) });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = expiresAt });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
