namespace Axvault.Api.CommandLine;

/// <summary>The exit codes of <c>axvault</c>.</summary>
internal static class ExitCode
{
    /// <summary>The command succeeded, or the server was told to stop.</summary>
    public const int Success = 0;

    /// <summary>The server could not start, because of the database, the encryption key or the port.</summary>
    public const int Failure = 1;

    /// <summary>The command line or a setting is wrong; nothing was started.</summary>
    public const int Usage = 2;
}
