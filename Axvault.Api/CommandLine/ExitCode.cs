namespace Axvault.Api.CommandLine;

/// <summary>The exit codes of <c>axvault</c>.</summary>
internal static class ExitCode
{
    /// <summary>It did what it was asked to, or was asked to stop.</summary>
    public const int Success = 0;

    /// <summary>It could not start, or had to stop: the database, the encryption key, the port.</summary>
    public const int Failure = 1;

    /// <summary>The command line or a setting is wrong; nothing was started.</summary>
    public const int Usage = 2;
}
