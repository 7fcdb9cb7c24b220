using System.Globalization;
using Axvault.Bench.Subjects;

namespace Axvault.Exercise.Fleet;

/// <summary>The etcd in which Patroni elects the primary. One member is enough here, because etcd is not what fails. Production needs three.</summary>
internal static class Etcd
{
    /// <summary>Starts an etcd.</summary>
    public static Task<BenchProcess> StartAsync(string folder, Action<string> log, CancellationToken cancellationToken) =>
        BenchProcess.StartAsync(
            port =>
                FleetProcess.Describe(
                    Requirements.PathOf("etcd"),
                    [
                        "--data-dir",
                        Path.Combine(folder, "data"),
                        "--log-level",
                        "warn",
                        "--listen-client-urls",
                        Url(port),
                        "--advertise-client-urls",
                        Url(port),
                        "--listen-peer-urls",
                        "http://127.0.0.1:0",
                    ],
                    folder
                ),
            "/health",
            log,
            log,
            Ports.Take(),
            cancellationToken
        );

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
