using System.Text;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The rules that every setting with the path of a secret file shares.</summary>
public sealed class SecretFileSettingTests : IDisposable
{
    private const string Secret = "Wr0ngX-0123456789abcdef0123456789abcdef";
    private const int MaxBytes = 64 * 1024;

    private readonly TestFolder _folder = new();

    /// <summary>The settings under test.</summary>
    public static TheoryData<string> Variables => new(
            "AXVAULT_BOOTSTRAP_SECRET_FILE",
            "AXVAULT_CONSOLE_OIDC_CLIENT_SECRET_FILE",
            "AXVAULT_DATABASE_PASSWORD_FILE",
            "AXVAULT_ENCRYPTION_KEY_FILE",
            "AXVAULT_OAUTH_LAB_CLIENT_SECRET_FILE"
        );

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Variables))]
    public void A_secret_file_may_be_linked_and_have_a_mark_and_a_final_line_break(string variable)
    {
        // The first API key has a form of its own.
        var secret = variable == "AXVAULT_BOOTSTRAP_SECRET_FILE" ? ApiKeySecret.Create().Reveal() : Secret;
        byte[][] contents =
        [
            Encoding.UTF8.GetBytes(secret),
            Encoding.UTF8.GetBytes(secret + "\r\n"),
            [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(secret + "\n")],
        ];
        foreach (var content in contents)
        {
            var file = FileOf(content);
            Read(Settings(variable, file));
            Read(Settings(variable, LinkTo(file)));
        }
    }

    [Theory]
    [MemberData(nameof(Variables))]
    public void A_secret_file_that_is_empty_large_or_no_text_is_refused_through_a_link_too(string variable)
    {
        byte[][] contents =
        [
            [],
            "\n"u8.ToArray(),
            [0xff, .. Encoding.UTF8.GetBytes(Secret)],
            Encoding.UTF8.GetBytes(new string('a', MaxBytes + 1)),
        ];
        foreach (var content in contents)
        {
            var file = FileOf(content);
            AssertRefused(variable, file);
            AssertRefused(variable, LinkTo(file));
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Variables))]
    public async Task A_secret_file_that_is_a_pipe_a_device_a_folder_or_missing_is_refused(string variable)
    {
        var pipe = NewPath();
        Pipe.Make(pipe);
        await Task.Run(
            () =>
            {
                foreach (var path in new[] { pipe, "/dev/zero", "/dev/null", _folder.Path, NewPath() })
                {
                    AssertRefused(variable, path);
                    AssertRefused(variable, LinkTo(path));
                }
            },
            TestContext.Current.CancellationToken
        );
    }

    private static void AssertRefused(string variable, string path)
    {
        var problem = Assert.Single(Refused(Settings(variable, path)));
        Assert.StartsWith($"{variable}: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(path, problem, StringComparison.Ordinal);
    }

    // The settings that are needed beside the file, so that it is the only possible problem.
    private static (string Name, string Value)[] Settings(string variable, string path) =>
        variable switch
        {
            "AXVAULT_ENCRYPTION_KEY_FILE" => [(variable, path), ("AXVAULT_ENCRYPTION_KEY", "")],
            "AXVAULT_CONSOLE_OIDC_CLIENT_SECRET_FILE" =>
            [
                (variable, path),
                ("AXVAULT_CONSOLE_OIDC_ISSUER", "https://provider.example"),
                ("AXVAULT_CONSOLE_OIDC_CLIENT_ID", "client"),
                ("AXVAULT_CONSOLE_OIDC_RULE", "rule"),
            ],
            "AXVAULT_OAUTH_LAB_CLIENT_SECRET_FILE" =>
            [
                (variable, path),
                ("AXVAULT_OAUTH_LAB_TOKEN_URL", "https://provider.example/token"),
                ("AXVAULT_OAUTH_LAB_CLIENT_ID", "client"),
            ],
            _ => [(variable, path)],
        };

    private string NewPath() => Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));

    private string FileOf(byte[] content)
    {
        var path = NewPath();
        File.WriteAllBytes(path, content);
        return path;
    }

    private string LinkTo(string target)
    {
        var path = NewPath();
        File.CreateSymbolicLink(path, target);
        return path;
    }
}
