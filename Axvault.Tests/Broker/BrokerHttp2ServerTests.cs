using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Calls over HTTP/2, in which a body needs neither a length nor chunks.</summary>
public sealed class BrokerHttp2ServerTests(VaultGraph graph)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_without_a_length_is_not_sent_again_empty(bool hasLength)
    {
        await using var upstream = await UpstreamDouble.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        using var certificate = CreateCertificate();
        var variables = BrokerFixture.Variables(upstream.Url);
        variables["AXVAULT_OAUTH_OPENAI_TOKEN_URL"] = $"{upstream.Url}/token";
        variables["AXVAULT_TLS_CERT_FILE"] = Write(folder, "tls.crt", certificate.ExportCertificatePem());
        variables["AXVAULT_TLS_KEY_FILE"] = Write(folder, "tls.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = variables, Root = X509CertificateLoader.LoadCertificate(certificate.RawData) }
        );
        using var admin = server.Client(server.BootstrapSecret);
        const string Login = """{"auth_mode":"chatgpt","tokens":{"id_token":"i","access_token":"old-access-token","refresh_token":"old-refresh-token"}}""";
        (await admin.PutAsync("credentials/login", $$"""{"type":"oauth-credentials","provider":"openai","data":{{Login}}}""")).Is(HttpStatusCode.Created);
        var key = (await admin.PostAsync("keys", """{"name":"an agent","useAccess":["login"]}""")).Is(HttpStatusCode.Created);
        upstream.Answers("/token", """{"access_token":"new-access-token","refresh_token":"new-refresh-token","id_token":"i","expires_in":3600}""");
        upstream.Answers(
            "/responses",
            static context =>
            {
                context.Response.StatusCode = context.Request.Headers.Authorization == "Bearer new-access-token" ? 200 : 401;
                return context.Response.WriteAsync("{}");
            }
        );
        using var client = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions =
                {
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { certificate },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                },
            }
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/broker/login/v1/responses"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = hasLength ? new ByteArrayContent(Encoding.UTF8.GetBytes("the body")) : new LengthlessContent("the body"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key.Json.GetProperty("secret").GetString()}");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(hasLength ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(hasLength ? ["the body", "the body"] : ["the body"], upstream.CallsWith("/responses").Select(static call => call.Body));
    }

    private static string Write(TestFolder folder, string name, string text)
    {
        var path = Path.Combine(folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=axvault", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private sealed class LengthlessContent(string text) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
