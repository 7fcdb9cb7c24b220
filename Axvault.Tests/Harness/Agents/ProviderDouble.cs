using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Harness.Agents;

/// <summary>
/// The providers of all agents on loopback, with scripted answers. It is reached by a base URL, or as an HTTPS proxy that answers in the place of every
/// host. So no agent reaches the internet. It keeps what it received.
/// </summary>
internal sealed class ProviderDouble : IAsyncDisposable
{
    private readonly ProxyAuthority _authority = new();
    private readonly TestFolder _folder = new();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly WebApplication _app;

    private ProviderDouble(Func<ReceivedRequest, ScriptedAnswer> script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(static next => connection => AcceptTunnelAsync(connection, next));
                    listen.UseHttps(https => https.ServerCertificateSelector = (_, host) => _authority.Issue(host ?? "localhost"));
                }
            );
        });
        _app = builder.Build();
        _app.Run(context => AnswerAsync(context, script));
    }

    /// <summary>The base URL.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The requests so far.</summary>
    public IReadOnlyCollection<ReceivedRequest> Requests => _requests;

    /// <summary>The variables by which a program uses the double as its proxy, and trusts it.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; private set; } = null!;

    /// <summary>Starts a double.</summary>
    /// <param name="script">Returns the answer to a request.</param>
    public static async Task<ProviderDouble> StartAsync(Func<ReceivedRequest, ScriptedAnswer> script)
    {
        var started = new ProviderDouble(script);
        await started._app.StartAsync(TestContext.Current.CancellationToken);
        var urls = started._app.Urls.Select(static url => new Uri(url)).ToList();
        started.Address = urls.Single(static url => url.Scheme == Uri.UriSchemeHttp);
        var root = Path.Combine(started._folder.Path, "root.pem");
        await File.WriteAllTextAsync(root, started._authority.RootPem, TestContext.Current.CancellationToken);
        var proxy = $"http://127.0.0.1:{urls.Single(static url => url.Scheme == Uri.UriSchemeHttps).Port}";
        started.Variables = new Dictionary<string, string>
        {
            ["HTTPS_PROXY"] = proxy,
            ["https_proxy"] = proxy,
            ["NO_PROXY"] = "127.0.0.1,localhost",
            ["no_proxy"] = "127.0.0.1,localhost",
            ["NODE_EXTRA_CA_CERTS"] = root,
            ["SSL_CERT_FILE"] = root,
        };
        return started;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    // CONNECT host:port HTTP/1.1, headers, an empty line. After the answer the client begins TLS, with the host's name.
    private static async Task AcceptTunnelAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync(connection.ConnectionClosed);
            if (FindEnd(read.Buffer) is { } end)
            {
                input.AdvanceTo(end);
                break;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }

        await output.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), connection.ConnectionClosed);
        await next(connection);
    }

    private static SequencePosition? FindEnd(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8) ? reader.Position : null;
    }

    private async Task AnswerAsync(HttpContext context, Func<ReceivedRequest, ScriptedAnswer> script)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body, Encoding.Latin1);
        var received = new ReceivedRequest(
            request.Method,
            request.Host.Value ?? "",
            request.Path.Value ?? "",
            request.QueryString.Value ?? "",
            request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(context.RequestAborted)
        );
        _requests.Enqueue(received);
        var answer = script(received);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        if (!HttpMethods.IsHead(request.Method))
        {
            await context.Response.WriteAsync(answer.Body, context.RequestAborted);
        }
    }
}
