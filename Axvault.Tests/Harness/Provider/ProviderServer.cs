using System.Diagnostics;
using System.Globalization;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Harness.Provider;

/// <summary>A provider in a process of one test's own, for tests that need other settings than the graph's or end it. Disposing kills it.</summary>
public sealed class ProviderServer : IAsyncDisposable
{
    /// <summary>The name of the provider's connection string.</summary>
    internal const string DatabaseName = "providerdb";

    private readonly ProviderProcess _process;

    private ProviderServer(ProviderProcess process) => _process = process;

    /// <summary>The address it listens on.</summary>
    public Uri Address => new(_process.Address);

    /// <summary>Its output so far.</summary>
    public string Transcript => _process.Transcript;

    // artifacts/bin/Axvault.Tests/debug -> artifacts/bin/Axvault.Tests.Provider/debug.
    internal static string AssemblyFile
    {
        get
        {
            var tests = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(tests.Parent!.Parent!.FullName, "Axvault.Tests.Provider", tests.Name, "Axvault.Tests.Provider.dll");
        }
    }

    /// <summary>Starts a provider, and returns when it serves.</summary>
    /// <param name="database">A database for this provider alone: the schema is created there.</param>
    /// <param name="reuseLeeway">The time after its use during which a refresh token may be used again; none when omitted.</param>
    /// <param name="accessTokenLifetime">The lifetime of access tokens, unless the grant sets another; one hour when omitted.</param>
    public static async Task<ProviderServer> StartAsync(TestDatabase database, TimeSpan? reuseLeeway = null, TimeSpan? accessTokenLifetime = null)
    {
        ArgumentNullException.ThrowIfNull(database);

        var start = new ProcessStartInfo("dotnet", [AssemblyFile]);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment[$"ConnectionStrings__{DatabaseName}"] = $"{database.ConnectionString};Pooling=true";
        start.Environment["Provider__ReuseLeewaySeconds"] = Seconds(reuseLeeway ?? TimeSpan.Zero);
        start.Environment["Provider__AccessTokenSeconds"] = Seconds(accessTokenLifetime ?? TimeSpan.FromHours(1));
        return new ProviderServer(await ProviderProcess.StartAsync(start));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
