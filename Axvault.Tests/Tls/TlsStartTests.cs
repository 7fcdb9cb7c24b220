using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Tls;

/// <summary>A server does not start with an unusable certificate, and reports why in one line.</summary>
public sealed class TlsStartTests
{
    private const string CertificateFile = "axvault: AXVAULT_TLS_CERT_FILE (--tls-cert-file): ";
    private const string KeyFile = "axvault: AXVAULT_TLS_KEY_FILE (--tls-key-file): ";

    [Theory]
    [InlineData("AXVAULT_TLS_CERT_FILE")]
    [InlineData("AXVAULT_TLS_KEY_FILE")]
    public async Task Certificate_and_key_must_be_set_together(string variable)
    {
        var line = await RefusedAsync(new() { [variable] = "/nowhere" });

        Assert.Equal(
            "axvault: AXVAULT_TLS_CERT_FILE (--tls-cert-file) and AXVAULT_TLS_KEY_FILE (--tls-key-file): set both, or neither; they may name the same file",
            line
        );
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        using var authority = new TestAuthority();
        using var folder = new TlsFolder().Write(authority.Issue(until: TimeSpan.FromHours(-1)));

        Assert.StartsWith(CertificateFile + "the certificate expired at 20", await RefusedAsync(folder.Variables), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_not_yet_valid_certificate_is_refused()
    {
        using var authority = new TestAuthority();
        using var folder = new TlsFolder().Write(authority.Issue(from: TimeSpan.FromHours(1)));

        Assert.StartsWith(CertificateFile + "the certificate is not valid before 20", await RefusedAsync(folder.Variables), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_refused()
    {
        using var authority = new TestAuthority();
        var issued = authority.Issue();
        using var folder = new TlsFolder().Write(issued.Chain, authority.Issue().Key);
        Assert.StartsWith(KeyFile + "the key is not that of the certificate", await RefusedAsync(folder.Variables), StringComparison.Ordinal);

        folder.Write(issued.Chain, authority.Issue(rsa: true).Key);
        Assert.StartsWith(KeyFile + "the key is not that of the certificate", await RefusedAsync(folder.Variables), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_with_a_password_is_refused()
    {
        using var authority = new TestAuthority();
        var issued = authority.Issue();
        using var folder = new TlsFolder().Write(issued.Chain, issued.LockedKey);

        Assert.Equal(KeyFile + "expected a key that is not encrypted by a password", await RefusedAsync(folder.Variables));
    }

    [Fact]
    public async Task A_file_that_is_not_PEM_is_refused()
    {
        using var authority = new TestAuthority();
        var issued = authority.Issue();
        using var folder = new TlsFolder().Write("no PEM", issued.Key);
        Assert.Equal(CertificateFile + "expected a certificate, and its chain after it, in PEM", await RefusedAsync(folder.Variables));

        folder.Write(issued.Chain, issued.Chain);
        Assert.Equal(KeyFile + "expected a private key in PEM", await RefusedAsync(folder.Variables));

        folder.Write(issued.Chain, issued.Key[..^30]);
        Assert.Equal(KeyFile + "expected a private key in PEM", await RefusedAsync(folder.Variables));
    }

    [Fact]
    public async Task A_missing_file_is_refused()
    {
        using var authority = new TestAuthority();
        using var folder = new TlsFolder().Write(authority.Issue());
        File.Delete(folder.Key);

        Assert.Equal(KeyFile + "the file cannot be read, is empty, or has more than 256 KiB", await RefusedAsync(folder.Variables));
    }

    private static async Task<string> RefusedAsync(Dictionary<string, string> variables)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { Variables = variables });

        Assert.Equal(2, await server.WaitForExitAsync());
        Assert.Empty(server.Output);
        return Assert.Single(server.Errors);
    }
}
