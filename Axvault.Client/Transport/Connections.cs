using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Axvault.Client.Transport;

/// <summary>The connections of a client, and the retries of its calls.</summary>
internal static class Connections
{
    private const int Retries = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Creates connections to <paramref name="address"/>. No redirect is followed, for another host must not get the key. Nor must a proxy of the environment,
    /// which sees plain HTTP in the clear, and is not asked for loopback addresses.
    /// </summary>
    public static SocketsHttpHandler Create(Uri address) =>
        new()
        {
            UseProxy = address.Scheme == Uri.UriSchemeHttps && !address.IsLoopback,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };

    /// <summary>Adds retries of reads, when there was no answer or one of 503. A call that changes anything is sent once.</summary>
    public static DelegatingHandler Retrying(HttpMessageHandler inner) => new ResilienceHandler(Pipeline()) { InnerHandler = inner };

    /// <summary>Creates the retries.</summary>
    public static ResiliencePipeline<HttpResponseMessage> Pipeline()
    {
        var retries = new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstPause,
            // A long wait is for the caller to decide on.
            ShouldRetryAfterHeader = false,
            // A read may have begun a refresh. The vault makes it once, however often it is asked.
            ShouldHandle = static attempt =>
                ValueTask.FromResult(
                    attempt.Outcome.Exception is HttpRequestException || attempt.Outcome.Result?.StatusCode == HttpStatusCode.ServiceUnavailable
                ),
        };
        retries.DisableForUnsafeHttpMethods();
        return new ResiliencePipelineBuilder<HttpResponseMessage>().AddRetry(retries).Build();
    }
}
