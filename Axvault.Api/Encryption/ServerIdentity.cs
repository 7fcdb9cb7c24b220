using System.Globalization;

namespace Axvault.Api.Encryption;

/// <summary>The identity of this process among the servers of the fleet.</summary>
/// <param name="Id">A new id for each start.</param>
/// <param name="Name">A name for people: the host and the process.</param>
internal sealed record ServerIdentity(Guid Id, string Name)
{
    /// <summary>Creates the identity of this process.</summary>
    public static ServerIdentity Create() =>
        new(Guid.CreateVersion7(), string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}"));
}
