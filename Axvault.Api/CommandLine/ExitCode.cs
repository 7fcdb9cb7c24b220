using Axvault.Client;

namespace Axvault.Api.CommandLine;

/// <summary>The exit codes of <c>axvault</c>.</summary>
internal static class ExitCode
{
    /// <summary>The command succeeded, or the server was told to stop.</summary>
    public const int Success = 0;

    /// <summary>The command failed. The server could not start, because of the database, the encryption key or the port.</summary>
    public const int Failure = 1;

    /// <summary>The command line or a setting is wrong; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>A key of Ctrl-C ended the command, as shells report it.</summary>
    public const int Interrupted = 130;

    /// <summary>Returns the code for a failed call.</summary>
    public static int Of(AxvaultError error) =>
        error switch
        {
            AxvaultError.NotConfigured => 3,
            AxvaultError.Unauthorized => 4,
            AxvaultError.Forbidden => 5,
            AxvaultError.NotFound => 6,
            AxvaultError.Unreachable or AxvaultError.Unavailable => 7,
            AxvaultError.Conflict => 8,
            AxvaultError.InvalidRequest => Usage,
            _ => Failure,
        };
}
