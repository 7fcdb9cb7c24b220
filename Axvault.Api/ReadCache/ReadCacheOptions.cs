using Axvault.Api.Settings;

namespace Axvault.Api.ReadCache;

/// <summary>The settings of the read cache.</summary>
internal sealed record ReadCacheOptions
{
    // The library's smallest cache has one row in each of its three queues.
    private const int LeastRows = 3;

    public static readonly Setting RowsSetting = new(
        "AXVAULT_READ_CACHE_ROWS",
        "--read-cache-rows",
        "8192",
        "Greatest number of keys and encrypted credentials in the read cache, 2 to 18 KiB each. 0 disables it."
    );

    /// <summary>The greatest number of rows; 0 disables the cache.</summary>
    public required int Rows { get; init; }

    /// <summary>Reads the settings.</summary>
    public static ReadCacheOptions Read(SettingReader settings)
    {
        var rows = settings.Number(RowsSetting, 0, 10_000_000);
        return new ReadCacheOptions { Rows = rows == 0 ? 0 : Math.Max(rows, LeastRows) };
    }
}
