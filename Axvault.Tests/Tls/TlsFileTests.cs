using Axvault.Api.Settings;
using Axvault.Api.Tls;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Configuration;

namespace Axvault.Tests.Tls;

/// <summary>The rules that the files of the server's certificate and of its key share.</summary>
public sealed class TlsFileTests : IDisposable
{
    private const int MaxBytes = 256 * 1024;

    private readonly TestFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly TlsFolder _good;

    public TlsFileTests() => _good = new TlsFolder().Write(_authority.Issue());

    /// <summary>The settings under test.</summary>
    public static TheoryData<string> Variables => new("AXVAULT_TLS_CERT_FILE", "AXVAULT_TLS_KEY_FILE");

    public void Dispose()
    {
        _good.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Variables))]
    public void A_tls_file_may_be_linked(string variable) =>
        Assert.Empty(ProblemsOf(variable, LinkTo(_good.Variables[variable])));

    [Theory]
    [MemberData(nameof(Variables))]
    public void A_tls_file_that_is_empty_large_or_no_text_is_refused_through_a_link_too(string variable)
    {
        byte[][] contents = [[], [0xff, 0xfe, 0x80], new byte[MaxBytes + 1]];
        foreach (var content in contents)
        {
            var file = NewPath();
            File.WriteAllBytes(file, content);
            AssertRefused(variable, file);
            AssertRefused(variable, LinkTo(file));
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Variables))]
    public async Task A_tls_file_that_is_a_pipe_a_device_a_folder_or_missing_is_refused(string variable)
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

    private void AssertRefused(string variable, string path)
    {
        var problem = Assert.Single(ProblemsOf(variable, path));
        Assert.StartsWith($"{variable} (", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(path, problem, StringComparison.Ordinal);
    }

    private IReadOnlyList<string> ProblemsOf(string variable, string path)
    {
        var variables = _good.Variables.ToDictionary(static file => file.Key, file => file.Key == variable ? path : (string?)file.Value);
        var settings = new SettingReader(new ConfigurationBuilder().AddInMemoryCollection(variables).Build());
        var options = TlsOptions.Read(settings);
        Assert.Equal(settings.Problems.Count == 0, options is not null);
        return settings.Problems;
    }

    private string NewPath() => Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));

    private string LinkTo(string target)
    {
        var path = NewPath();
        File.CreateSymbolicLink(path, target);
        return path;
    }
}
