using Axvault.Bench;

if (args is not ["exposure", .. { Length: <= 1 } folder])
{
    Console.Error.WriteLine("usage: exposure [FOLDER]   how long new tokens are in memory alone, with the spool in FOLDER");
    return 2;
}

ExposureBench.Run(folder.FirstOrDefault() ?? Path.Combine(Path.GetTempPath(), $"axvault-bench-{Guid.NewGuid():N}"));
return 0;
