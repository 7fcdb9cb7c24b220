using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Axvault.Api.Database;
using Axvault.Api.Settings;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>
/// Explains a TLS handshake with the database that failed. The driver says only that a certificate was rejected, so the handshake is made once more, to look at
/// the certificate. Nothing else is sent.
/// </summary>
internal static class DatabaseTls
{
    private const int MaxRootBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    // Length 8 and the code 80877103: PostgreSQL documentation, §55.7 "Message Formats", SSLRequest.
    private static readonly byte[] Request = [0, 0, 0, 8, 4, 210, 22, 47];

    /// <summary>Returns <see langword="true"/> when <paramref name="exception"/> tells of a failed handshake; otherwise <see langword="false"/>.</summary>
    public static bool IsFailure(Exception? exception) =>
        exception switch
        {
            null => false,
            AuthenticationException or CryptographicException or FileNotFoundException or DirectoryNotFoundException => true,
            AggregateException several => several.InnerExceptions.Any(IsFailure),
            _ => IsFailure(exception.InnerException),
        };

    /// <summary>Returns what is wrong with the certificate of each host, in words; empty when it cannot be told.</summary>
    public static async Task<IReadOnlyList<string>> ExplainAsync(NpgsqlConnectionStringBuilder connection, CancellationToken cancellationToken)
    {
        if (DatabaseCertificates.Find(connection) is { } problem)
        {
            return [$"{char.ToUpperInvariant(problem[0])}{problem[1..]}."];
        }

        var faults = new List<string>();
        foreach (var host in connection.Host!.Split(',').Where(static host => !host.StartsWith('/')).Distinct())
        {
            if (await FindFaultAsync(host, connection, cancellationToken) is { } fault)
            {
                faults.Add($"The certificate of {host} {fault}.");
            }
        }

        return faults;
    }

    private static async Task<string?> FindFaultAsync(string host, NpgsqlConnectionStringBuilder connection, CancellationToken cancellationToken)
    {
        var (name, port) = Split(host, connection.Port);
        string? fault = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(name, port, limit.Token);
            var stream = client.GetStream();
            if (connection.SslNegotiation != SslNegotiation.Direct)
            {
                await stream.WriteAsync(Request, limit.Token);
                if (await stream.ReadAsync(new byte[1], limit.Token) == 0)
                {
                    return null;
                }
            }

            await using var tls = new SslStream(stream);
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = name,
                ApplicationProtocols = [new SslApplicationProtocol("postgresql")],
                CertificateChainPolicy = Policy(connection),
                RemoteCertificateValidationCallback = (_, _, chain, errors) =>
                {
                    fault = Describe(chain, errors, connection.SslMode == SslMode.VerifyFull);
                    return false;
                },
            };
            await tls.AuthenticateAsClientAsync(options, limit.Token);
            return fault;
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or AuthenticationException or CryptographicException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return fault;
        }
    }

    private static X509ChainPolicy Policy(NpgsqlConnectionStringBuilder connection)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (connection.RootCertificate is { } path && BoundedFile.Read(path, MaxRootBytes) is { } bytes)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(DatabaseCertificates.ReadRoots(bytes));
        }

        return policy;
    }

    private static string? Describe(X509Chain? chain, SslPolicyErrors errors, bool checksName)
    {
        var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status) ?? X509ChainStatusFlags.NoError;
        return status.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "has expired, or is not valid yet"
            : status.HasFlag(X509ChainStatusFlags.Revoked) ? "is revoked"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "is missing"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? "is not trusted: no authority that this machine or the file of sslrootcert trusts has signed it"
            : checksName && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                ? "is for another name: use a name that it holds, or sslmode=verify-ca where the name cannot be checked"
            : null;
    }

    // As the driver splits a host of several.
    private static (string Name, int Port) Split(string host, int port)
    {
        var colon = host.LastIndexOf(':');
        var hasPort = colon > host.LastIndexOf(']') && (host.StartsWith('[') || host.IndexOf(':', StringComparison.Ordinal) == colon);
        return hasPort ? (host[..colon].Trim('[', ']'), int.Parse(host.AsSpan(colon + 1), CultureInfo.InvariantCulture)) : (host.Trim('[', ']'), port);
    }
}
