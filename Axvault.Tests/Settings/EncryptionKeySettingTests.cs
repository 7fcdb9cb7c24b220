using Axvault.Api.Encryption;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The settings of the encryption key, its file and the previous keys.</summary>
public sealed class EncryptionKeySettingTests
{
    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    [InlineData(33, true)]
    [InlineData(10_000, true)]
    public void An_encryption_key_has_at_least_32_characters(int length, bool valid)
    {
        var key = new string('ä', length);
        Assert.Equal(valid, TryRead(out var options, out var problems, ("AXVAULT_ENCRYPTION_KEY", key)));
        if (valid)
        {
            Assert.Equal(key, Text(options!.Encryption.Key));
        }
        else
        {
            Assert.StartsWith("AXVAULT_ENCRYPTION_KEY: expected a key of at least 32 characters", Assert.Single(problems), StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => new EncryptionSecret(key));
        }
    }

    [Fact]
    public void A_missing_encryption_key_is_refused() =>
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY: ", Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", ""))), StringComparison.Ordinal);

    [Theory]
    [InlineData(Key)]
    [InlineData(Key + "\n")]
    [InlineData(Key + "\r\n")]
    [InlineData(Key + "\n\n")]
    [InlineData("\ufeff" + Key)]
    public void An_encryption_key_is_read_from_a_file_without_the_line_end(string content)
    {
        using var file = new TemporaryFile(content);
        Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path)).Encryption.Key));
    }

    [Theory]
    [InlineData(" " + Key)]
    [InlineData(Key + " ")]
    [InlineData(Key + "\n" + Key)]
    [InlineData("ä" + Key)]
    public void All_other_characters_of_the_file_belong_to_the_key(string content)
    {
        using var file = new TemporaryFile(content + "\n");
        Assert.Equal(content, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path)).Encryption.Key));
    }

    [Fact]
    public void A_key_file_can_be_a_link()
    {
        using var file = new TemporaryFile(Key);
        var link = file.Path + ".link";
        File.CreateSymbolicLink(link, file.Path);
        Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", link)).Encryption.Key));
        File.Delete(link);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\ufeff")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("0123456789abcdef0123456789abcde\n")]
    public void A_file_with_too_short_a_key_is_refused(string content)
    {
        using var file = new TemporaryFile(content);
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: expected a key of at least 32 characters", RefusedFile(file.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_empty_a_folder_or_too_large_is_refused_without_its_path()
    {
        using var large = new TemporaryFile(new string('a', (64 * 1024) + 1));
        using var largest = new TemporaryFile(new string('a', 64 * 1024));
        using var empty = new TemporaryFile("");
        foreach (var path in new[] { large.Path, empty.Path, large.Path + ".missing", Path.GetTempPath(), "a\0b" })
        {
            var problem = RefusedFile(path);
            Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: ", problem, StringComparison.Ordinal);
            Assert.DoesNotContain(path, problem, StringComparison.Ordinal);
        }

        Assert.Equal(64 * 1024, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", largest.Path)).Encryption.Key).Length);
    }

    [Fact]
    public void A_key_file_of_random_bytes_is_refused()
    {
        // Decoded as text, most random bytes would become the same replacement character.
        using var file = new TemporaryFile([.. Enumerable.Range(0, 64).Select(static i => (byte)(0x80 + i))]);
        Assert.Equal("AXVAULT_ENCRYPTION_KEY_FILE: the file cannot be read, or is not UTF-8 text", RefusedFile(file.Path));
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void A_file_in_another_encoding_is_refused_even_with_a_byte_order_mark(string encoding)
    {
        var other = System.Text.Encoding.GetEncoding(encoding);
        using var file = new TemporaryFile([.. other.GetPreamble(), .. other.GetBytes(Key)]);
        Assert.Equal("AXVAULT_ENCRYPTION_KEY_FILE: the file cannot be read, or is not UTF-8 text", RefusedFile(file.Path));
    }

    [Fact]
    public void A_key_file_can_be_a_chain_of_links_as_Kubernetes_mounts_it()
    {
        using var file = new TemporaryFile(Key);
        var mount = Directory.CreateTempSubdirectory("axvault-test-");
        try
        {
            // Kubernetes mounts a secret with two links: key -> ..data/key, and ..data -> ..version.
            var version = mount.CreateSubdirectory("..version");
            File.Copy(file.Path, Path.Combine(version.FullName, "key"));
            Directory.CreateSymbolicLink(Path.Combine(mount.FullName, "..data"), "..version");
            File.CreateSymbolicLink(Path.Combine(mount.FullName, "key"), "..data/key");
            Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", Path.Combine(mount.FullName, "key"))).Encryption.Key));
        }
        finally
        {
            mount.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_pipe_or_a_device_is_refused_without_waiting()
    {
        var pipe = Path.Combine(Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");
        var link = pipe + ".link";
        Pipe.Make(pipe);
        File.CreateSymbolicLink(link, pipe);
        try
        {
            foreach (var path in new[] { pipe, link, "/dev/zero", "/dev/null" })
            {
                var problem = await Task.Run(() => RefusedFile(path), TestContext.Current.CancellationToken)
                    .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
                Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: expected a file", problem, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(link);
            File.Delete(pipe);
        }
    }

    [Theory]
    [InlineData("\ufffd")]
    [InlineData("\ud800")]
    public void A_key_with_replacement_characters_is_refused(string replaced)
    {
        // These characters stand for bytes that are not text. Any other such bytes would give the same key.
        var key = string.Concat(Enumerable.Repeat(replaced, 40));
        Assert.StartsWith(
            "AXVAULT_ENCRYPTION_KEY: expected a key that is text",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", Key + replaced))),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "AXVAULT_ENCRYPTION_KEY: expected a key that is text",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", key))),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "AXVAULT_ENCRYPTION_KEY_PREVIOUS: expected a key that is text",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", $"{Key},{key}"))),
            StringComparison.Ordinal
        );
        using var file = new TemporaryFile(key);
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: expected a key that is text", RefusedFile(file.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_and_a_key_file_cannot_both_be_set()
    {
        using var file = new TemporaryFile(Key);
        Assert.Equal(
            "AXVAULT_ENCRYPTION_KEY and AXVAULT_ENCRYPTION_KEY_FILE: set one of the two, not both",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", Key), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path)))
        );
    }

    [Fact]
    public void Previous_keys_are_separated_by_commas()
    {
        var (a, b) = (new string('a', 32), new string('b', 40));
        Assert.Equal([a], Previous(a));
        Assert.Equal([a, b], Previous($"{a},{b}"));
        Assert.Equal([a, b], Previous($" {a} , {b} ,\n"));
        Assert.Equal([a, b], Previous($",,{a},,{b},"));
        Assert.Empty(Previous(","));
        Assert.Empty(Previous(" "));

        static IEnumerable<string> Previous(string text) => Read(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", text)).Encryption.PreviousKeys.Select(Text);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("0123456789abcdef0123456789abcdef,short")]
    [InlineData("short,0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcde ")]
    public void Each_previous_key_has_at_least_32_characters(string text) =>
        Assert.Equal(
            "AXVAULT_ENCRYPTION_KEY_PREVIOUS: expected keys of at least 32 characters, separated by commas",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", text)))
        );
}
