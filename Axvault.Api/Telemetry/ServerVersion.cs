using System.Reflection;

namespace Axvault.Api.Telemetry;

/// <summary>The version of this server.</summary>
internal static class ServerVersion
{
    /// <summary>The version of the build, such as <c>0.2.0</c>.</summary>
    public static readonly string Text = typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
