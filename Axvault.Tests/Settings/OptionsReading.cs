using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Microsoft.Extensions.Configuration;

namespace Axvault.Tests.Settings;

/// <summary>Reads the options of a server from settings and asserts the result.</summary>
internal static class OptionsReading
{
    /// <summary>The encryption key that is set unless a test sets another one.</summary>
    public const string Key = "0123456789abcdef0123456789abcdef";

    /// <summary>A wrong value for any setting.</summary>
    // No part of this text occurs in any message.
    public const string Wrong = "Wr0ngX";

    /// <summary>Returns the secret as text.</summary>
    public static string Text(EncryptionSecret secret) => System.Text.Encoding.UTF8.GetString(secret.Reveal());

    /// <summary>Returns the only problem of a key file.</summary>
    public static string RefusedFile(string path) => Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", path)));

    /// <summary>Returns the options of valid settings.</summary>
    public static AxvaultOptions Read(params (string Name, string Value)[] settings)
    {
        Assert.True(TryRead(out var options, out var problems, settings), string.Join('\n', problems));
        Assert.Empty(problems);
        return options!;
    }

    /// <summary>Returns the problems of invalid settings.</summary>
    public static IReadOnlyList<string> Refused(params (string Name, string Value)[] settings)
    {
        Assert.False(TryRead(out var options, out var problems, settings));
        Assert.Null(options);
        return problems;
    }

    /// <summary>Reads the options; returns <c>true</c> when the settings are valid, otherwise <c>false</c>.</summary>
    public static bool TryRead(out AxvaultOptions? options, out IReadOnlyList<string> problems, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string?> { ["AXVAULT_ENCRYPTION_KEY"] = Key };
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }

        return AxvaultOptions.TryRead(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), out options, out problems);
    }

    /// <summary>A file that is deleted on disposal.</summary>
    public sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string content)
            : this(System.Text.Encoding.UTF8.GetBytes(content)) { }

        public TemporaryFile(byte[] content) => File.WriteAllBytes(Path, content);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");

        public void Dispose() => File.Delete(Path);
    }
}
