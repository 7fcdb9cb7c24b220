using System.CommandLine;
using System.Globalization;
using System.Net;
using Axvault.Api.Pipeline;
using Axvault.Api.Settings;
using Axvault.Api.Tls;
using Axvault.ServiceDefaults;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault healthcheck</c>: checks the server with the same settings, for a container that holds no other program.</summary>
internal static class HealthcheckCommand
{
    /// <summary>The flag that checks liveness only.</summary>
    public const string AliveFlag = "--alive";

    // Longer than a server takes to notice that its database hangs, so that the report has the answer of the server.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var alive = new Option<bool>(AliveFlag) { Description = "Ask only whether the server answers at all, whatever its database does." };
        var command = new Command("healthcheck", "Ask the server that runs with the same settings on this machine whether it serves: exit code 0 or 1.")
        {
            alive,
        };
        var flags = SettingFlags.AddTo(command, [ListenerOptions.PortSetting, ListenerOptions.HostSetting, TlsOptions.CertificateFileSetting]);
        command.SetAction((parsed, cancellationToken) => RunAsync(flags.Given(parsed), parsed.GetValue(alive), cancellationToken));
        return command;
    }

    // Exit codes: 0, the server serves; 1, it does not, or its answer is late; 2, a setting is wrong.
    private static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, bool alive, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
        var settings = new SettingReader(configuration);
        var listener = ListenerOptions.ReadOwnUrl(settings);
        if (settings.Problems.Count > 0)
        {
            return AxvaultCommand.Refuse(settings.Problems);
        }

        var address = new Uri(listener, alive ? HealthEndpoints.AlivePath : HealthEndpoints.ReadyPath);
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
#pragma warning disable CA5359 // Any certificate is accepted: it names the public host, not 127.0.0.1. The request has no secret, and only the status is read.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        using var client = new HttpClient(handler) { Timeout = Limit };
        try
        {
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK
                ? ExitCode.Success
                : await FailAsync(string.Create(CultureInfo.InvariantCulture, $"{address} answers {(int)answer.StatusCode}."));
        }
        catch (HttpRequestException exception)
        {
            return await FailAsync($"{address} does not answer: {exception.HttpRequestError}.");
        }
        catch (OperationCanceledException)
        {
            return await FailAsync(string.Create(CultureInfo.InvariantCulture, $"{address} does not answer within {Limit.TotalSeconds} s."));
        }
    }

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync($"axvault: {reason}");
        return ExitCode.Failure;
    }
}
