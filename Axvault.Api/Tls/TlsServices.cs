namespace Axvault.Api.Tls;

/// <summary>The services of TLS.</summary>
internal static class TlsServices
{
    /// <summary>Adds the certificate, when the port has one.</summary>
    public static IServiceCollection AddTls(this IServiceCollection services, TlsOptions? options)
    {
        services.AddSingleton<TlsTelemetry>();
        return options is null
            ? services
            : services
                .AddSingleton(options)
                .AddSingleton<CertificateKeeper>()
                .AddHostedService(static provider => provider.GetRequiredService<CertificateKeeper>());
    }
}
