using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Tls;

/// <summary>Issuers whose certificates have an authority of their own.</summary>
public sealed class IssuerAuthorityServerTests(VaultGraph graph) : IDisposable
{
    private readonly TestAuthority _authority = new();

    [Theory]
    [InlineData("the authority", true)]
    [InlineData("another authority", false)]
    [InlineData("", false)]
    public async Task Keys_are_fetched_only_from_an_issuer_with_a_trusted_certificate(string file, bool isTrusted)
    {
        using var other = new TestAuthority();
        using var folder = new TestFolder();
        var issued = _authority.Issue();
        using var own = X509Certificate2.CreateFromPem(issued.Chain, issued.Key);
        X509Certificate2Collection all = [];
        all.ImportFromPem(issued.Chain);
        await using var issuer = await TestIssuer.StartAsync([own, .. all.Skip(1)]);
        await using var database = await graph.CreateDatabaseAsync();
        var variables = new Dictionary<string, string> { ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.1" };
        if (file.Length > 0)
        {
            variables["AXVAULT_ISSUER_CA_FILE"] = Path.Combine(folder.Path, "ca.pem");
            await File.WriteAllTextAsync(
                variables["AXVAULT_ISSUER_CA_FILE"],
                (isTrusted ? _authority : other).Root.ExportCertificatePem(),
                TestContext.Current.CancellationToken
            );
        }

        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = variables });
        using var admin = server.Client(server.BootstrapSecret);

        var shown = (await admin.PutAsync("issuers/own", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created).Json;

        Assert.Equal(isTrusted, shown.TryGetProperty("keys", out _));
        Assert.Equal(isTrusted, !shown.TryGetProperty("keysFailure", out var failure));
        Assert.True(isTrusted || failure.GetString()!.Contains("could not be reached: SecureConnectionError", StringComparison.Ordinal), shown.GetRawText());
    }

    public void Dispose() => _authority.Dispose();
}
