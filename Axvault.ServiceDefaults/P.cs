namespace Axvault.ServiceDefaults; internal static class P;
