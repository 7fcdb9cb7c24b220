using System.Globalization;

namespace Axvault.Api.Encryption;

/// <summary>Names this process among the servers of the fleet.</summary>
/// <param name="Id">Another one for each start.</param>
/// <param name="Name">For people: the host, which is a pod's or a container's name in a fleet, and the process.</param>
internal sealed record ServerIdentity(Guid Id, string Name)
{
    /// <summary>Names this process.</summary>
    public static ServerIdentity Create() => new(Guid.CreateVersion7(), string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}"));
}
