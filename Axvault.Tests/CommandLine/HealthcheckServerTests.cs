using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.CommandLine;

/// <summary><c>axvault healthcheck</c>, against servers that serve, start, hang or do not exist.</summary>
public sealed class HealthcheckServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("localhost")]
    public async Task A_server_that_serves_is_healthy_and_nothing_is_printed(string host)
    {
        var run = await CheckAsync(("AXVAULT_PORT", Port(vault.Server.Address)), ("AXVAULT_HOST", host));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Flags_override_variables()
    {
        var start = VaultServer.StartInfo(["healthcheck", "--host=127.0.0.1", "--port", Port(vault.Server.Address)]);
        start.Environment["AXVAULT_PORT"] = "1";
        start.Environment["AXVAULT_HOST"] = "nowhere";

        Assert.Equal(0, (await ProgramRun.ToEndAsync(start)).ExitCode);
    }

    [Fact]
    public async Task The_check_needs_no_key_and_no_database_and_uses_no_proxy()
    {
        var run = await CheckAsync(
            ("AXVAULT_PORT", Port(vault.Server.Address)),
            ("AXVAULT_DATABASE_URL", "nonsense"),
            ("http_proxy", "http://127.0.0.1:1"),
            ("HTTP_PROXY", "http://127.0.0.1:1")
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task A_server_that_waits_for_its_database_is_alive_but_not_healthy()
    {
        await using var server = VaultServer.Launch(new ServerSettings($"postgresql://user@127.0.0.1:{FreePort.Next()}/none"));
        await server.WaitUntilListeningAsync();
        using var client = server.Client();
        await Until.HoldsAsync(async () => await client.TryGetStatusAsync("/alive") == HttpStatusCode.OK, "the server is alive");
        var port = Port(server.Address);

        var healthy = await CheckAsync(("AXVAULT_PORT", port));
        var alive = await ProgramRun.ToEndAsync("healthcheck", "--alive", "--port", port);

        Assert.Equal((1, $"axvault: http://127.0.0.1:{port}/health answers 503."), (healthy.ExitCode, healthy.Errors.TrimEnd()));
        Assert.Equal((0, ""), (alive.ExitCode, alive.Errors));
    }

    [Fact]
    public async Task A_port_without_a_listener_is_not_healthy()
    {
        var port = FreePort.Next().ToString(CultureInfo.InvariantCulture);

        var run = await CheckAsync(("AXVAULT_PORT", port));

        Assert.Equal((1, $"axvault: http://127.0.0.1:{port}/health does not answer: ConnectionError."), (run.ExitCode, run.Errors.TrimEnd()));
    }

    [Fact]
    public async Task A_server_that_hangs_is_not_healthy_after_8_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var run = await CheckAsync(("AXVAULT_PORT", port.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal((1, $"axvault: http://127.0.0.1:{port}/health does not answer within 8 s."), (run.ExitCode, run.Errors.TrimEnd()));
    }

    [Theory]
    [InlineData("AXVAULT_PORT", "0")]
    [InlineData("AXVAULT_PORT", "canary")]
    [InlineData("AXVAULT_HOST", "canary")]
    public async Task A_wrong_setting_is_named_and_not_repeated(string variable, string value)
    {
        var run = await CheckAsync((variable, value));

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"axvault: {variable} (", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", run.Errors, StringComparison.Ordinal);
    }

    private static Task<ProgramRun> CheckAsync(params (string Name, string Value)[] variables)
    {
        var start = VaultServer.StartInfo(["healthcheck"]);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return ProgramRun.ToEndAsync(start);
    }

    private static string Port(Uri address) => address.Port.ToString(CultureInfo.InvariantCulture);
}
