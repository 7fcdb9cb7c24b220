using System.Globalization;
using System.Net;
using Axvault.Api.Configuration;
using Axvault.ServiceDefaults;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault healthcheck</c>: asks the server of the same settings whether it serves, for a container that holds no other program.</summary>
internal static class HealthcheckCommand
{
    /// <summary>The flag that asks for life alone.</summary>
    public const string AliveFlag = "--alive";

    // Longer than a server takes to find that its database hangs, so that its own answer is told.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>Asks, and says in one line on standard error why not.</summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="alive">Whether it is enough that the server answers, whatever its database does.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0: it serves. 1: it does not, or did not answer in time. 2: a setting is wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, bool alive, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
        if (!AxvaultOptionsReader.TryReadListener(configuration, out var listener, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        var address = new Uri(listener, alive ? HealthEndpoints.AlivePath : HealthEndpoints.ReadyPath);
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
#pragma warning disable CA5359 // The certificate names the server as its clients call it, and not this machine to itself. Nothing secret is sent or heard.
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
